import { costInWords, type RunCost } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'

interface CostOptions extends CommonOptions {
  readonly days: number
}

/** What the attempts of a pipeline used, day by day. */
export async function cost(pipeline: string, options: CostOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const costs = await pipelines.costs({ params: { pipeline }, query: { days: String(options.days) } })
  outputOf(options).result(costs, () =>
    costs.days.length === 0
      ? [`${pipeline} ran nothing in the last ${options.days} days`]
      : table(
          ['day', 'attempts', ...costInWords(costs.total).map(([name]) => name)],
          [...costs.days.map(({ day, ...of }) => rowOf(day, of)), rowOf('all', costs.total)],
        ),
  )
  return exitCodes.ok
}

const rowOf = (day: string, of: RunCost): string[] => [
  day,
  String(of.attempts),
  ...costInWords(of).map(([, words]) => words),
]
