import type { RequestOf, RunRow, trackedRuns as endpoints } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, durationText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { allOf, findExperiment, moreLines, msText, numberText } from './tracked.ts'

export interface TrackedOptions extends CommonOptions {
  readonly experiment?: string
  readonly filter?: string
  readonly orderBy?: string
  readonly metrics?: readonly string[]
  readonly params?: readonly string[]
  readonly deleted?: boolean
  readonly all?: boolean
  readonly cursor?: string
  readonly limit: number
}

type RunSearch = RequestOf<typeof endpoints.search>['body']

/** Whether anything is asked that only tracked runs have. */
export const isTracked = (options: TrackedOptions): boolean =>
  [options.experiment, options.filter, options.orderBy, options.metrics, options.params].some(
    (one) => one !== undefined,
  ) || [options.deleted, options.all, options.cursor].some(Boolean)

/** Runs that clients logged, as a table of what was asked for. */
export async function listTracked(options: TrackedOptions): Promise<number> {
  const { experiments, trackedRuns } = await connect(options)
  const { experiment, filter = '', orderBy, metrics = [], params = [], deleted, all, cursor, limit } = options
  const asked: RunSearch = {
    experiments: experiment === undefined ? [] : [(await findExperiment(experiments, experiment)).id],
    filter,
    orderBy: orderBy === undefined ? [] : [orderBy],
    lifecycle: deleted ? 'deleted' : 'active',
    metrics: [...metrics],
    params: [...params],
    limit: all ? 1000 : limit,
  }
  const read = (from: { cursor?: string }) => trackedRuns.search({ body: { ...asked, ...from } })
  const page = all ? await allOf(read) : await read(cursor === undefined ? {} : { cursor })
  outputOf(options).result(page, () =>
    page.items.length > 0
      ? [...linesOf(page.items, metrics, params), ...moreLines(page.nextCursor)]
      : ['no such run', '  next   evenkeel experiment list'],
  )
  return exitCodes.ok
}

const linesOf = (items: readonly RunRow[], metrics: readonly string[], params: readonly string[]): string[] =>
  table(
    ['run', 'name', 'status', 'started', 'time', ...metrics, ...params],
    items.map((run) => [
      run.id,
      cell(run.name, 30),
      run.status,
      msText(run.startedMs),
      spanOf(run),
      ...metrics.map((key) => numberText(run.metrics[key]?.last ?? null)),
      ...params.map((key) => cell(run.params[key] ?? '–', 30)),
    ]),
  )

/** How long a run took, or goes on. */
export const spanOf = ({ startedMs, endedMs }: Pick<RunRow, 'startedMs' | 'endedMs'>): string =>
  durationText(Math.max(0, (endedMs ?? Date.now()) - startedMs))
