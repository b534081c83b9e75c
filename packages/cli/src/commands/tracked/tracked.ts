import { ApiError, type Client } from '@evenkeel/client'
import type { ExperimentRow, experiments, Lifecycle, MetricSummary, trackedRuns } from '@evenkeel/contract'
import { CliError, exitCodes } from '../../errors.ts'
import { momentText } from '../../table.ts'

export type Experiments = Client<typeof experiments>
export type TrackedRuns = Client<typeof trackedRuns>

const fullLength = 32

/** The whole id of a run, by itself or by a start of it that fits one run alone. */
export async function findRunId(api: TrackedRuns, start: string, lifecycle: Lifecycle = 'active'): Promise<string> {
  if (start.length >= fullLength || !/^[0-9a-f]+$/i.test(start)) return start
  const filter = `attributes.run_id ILIKE '${start}%'`
  const { items } = await api.search({ body: { filter, lifecycle, limit: 2 } })
  const [found, other] = items
  if (!other) return found?.id ?? start
  throw new CliError({
    code: 'cli.usage',
    message: 'The run is not clear',
    why: `"${start}" fits several runs, such as ${found!.id} and ${other.id}`,
    fix: 'give more of the id; evenkeel run list --experiment NAME shows them',
    exitCode: exitCodes.usage,
  })
}

/** An experiment by its id, or by its name while it is active. */
export async function findExperiment(api: Experiments, nameOrId: string): Promise<ExperimentRow> {
  const byId = /^\d+$/.test(nameOrId) ? await withId(api, nameOrId) : undefined
  const found = byId ?? (await named(api, nameOrId))
  if (found) return found
  throw new CliError({
    code: 'cli.no_experiment',
    message: 'There is no such experiment',
    why: `no active experiment has the name or the id "${nameOrId}"`,
    fix: 'evenkeel experiment list',
    exitCode: exitCodes.notFound,
  })
}

async function withId(api: Experiments, experiment: string): Promise<ExperimentRow | undefined> {
  try {
    return await api.get({ params: { experiment } })
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

async function named(api: Experiments, name: string): Promise<ExperimentRow | undefined> {
  if (name === '' || name.length > 200) return undefined
  for await (const items of pagesOf((cursor) => api.list({ query: { search: name, limit: 500, ...cursor } }))) {
    const found = items.find((item) => item.name === name)
    if (found) return found
  }
  return undefined
}

interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

/** All pages of a list, one after the other. */
export async function* pagesOf<T>(
  read: (cursor: { cursor?: string }) => Promise<Page<T>>,
): AsyncGenerator<readonly T[]> {
  let cursor: string | null = null
  do {
    const page: Page<T> = await read(cursor === null ? {} : { cursor })
    yield page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}

/** Everything that a list has, as one page. */
export async function allOf<T>(read: (cursor: { cursor?: string }) => Promise<Page<T>>): Promise<Page<T>> {
  const items: T[] = []
  for await (const some of pagesOf(read)) items.push(...some)
  return { items, nextCursor: null }
}

/** What stands below a page that is not the last one. */
export const moreLines = (nextCursor: string | null): string[] =>
  nextCursor === null ? [] : [`there are more; --all shows them, or --cursor ${nextCursor}`]

/** A number as a table shows it; JSON has it in full. */
export const numberText = (value: MetricSummary['last'] | null): string => {
  if (value === null) return '–'
  return typeof value === 'string' || Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)))
}

/** The last moment that a date can hold; clients may send later ones. */
const lastMs = 8.64e15

/** `2026-03-02 04:05`, in UTC. */
export const msText = (ms: number | null): string =>
  momentText(ms === null ? null : new Date(Math.min(ms, lastMs)).toISOString())
