import type { pipelines, ResultOf } from '@evenkeel/contract'
import { exitCodes } from '../errors.ts'
import { momentText } from '../table.ts'
import { type CommonOptions, connect, outputOf } from './common.ts'
import { findRun } from './run/runs.ts'

/** Says why a step ran, or what took its place. */
export async function explain(id: string, step: string, options: CommonOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const { id: run } = await findRun(pipelines, id)
  const found = await pipelines.explainStep({ params: { run, step } })
  const { verdict, comparedWith, parts } = found
  outputOf(options).result(found, () => [
    `${step}  ${verdict?.says ?? 'It is not decided yet whether it runs or is reused.'}`,
    comparedWith
      ? `compared with the run ${comparedWith.run}, ${momentText(comparedWith.at)}`
      : 'there is no earlier result to compare with',
    ...parts.flatMap(partLines),
  ])
  return exitCodes.ok
}

type Part = ResultOf<typeof pipelines.explainStep>['parts'][number]

const partLines = ({ part, changes }: Part): string[] =>
  changes.length > 0 ? [`~ ${part}`, ...changes.map((change) => `    ${change}`)] : [`  ${part}  the same`]
