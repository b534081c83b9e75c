import type { Target } from '@evenkeel/contract'
import { exitCodes } from '../errors.ts'
import { table } from '../table.ts'
import { type CommonOptions, connect, outputOf } from './common.ts'

/** The places where steps run, each asked whether it is there. Exit 8 when one does not answer. */
export async function targets(options: CommonOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const { items } = await pipelines.listTargets({})
  outputOf(options).result({ items }, () => linesOf(items))
  return items.every(({ answers }) => answers) ? exitCodes.ok : exitCodes.unreachable
}

const linesOf = (items: readonly Target[]): string[] => [
  ...table(
    ['target', 'kind', 'version', 'jobs'],
    items.map(({ name, kind, version, jobCount }) => [
      name,
      kind,
      version ?? 'does not answer',
      jobCount === null ? '–' : String(jobCount),
    ]),
  ),
  ...items.flatMap(({ name, reason }) => (reason === null ? [] : [`! ${name}: ${reason}`])),
]
