import type { Lifecycle, RunRow, RunSearchRequest } from '@evenkeel/contract'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { type Page, refuseCursor } from '../../../platform/page.ts'
import { presentInfo, presentSummaries } from '../run-presentation.ts'
import { type ColumnsOfRun, readColumns } from './column-store.ts'
import { experimentNumbers } from './experiment-numbers.ts'
import { createRunFinder, type FoundPage, metricNumbers } from './run-finder.ts'
import type { RunQuery, RunRow as StoredRun, View } from './run-search-store.ts'

/** Runs whose columns are read by one statement, and the characters, about, after which a page ends early. */
const chunk = 100
const budget = 32 * 1024 ** 2
/** Of a metric with its summary. */
const metricLength = 100

/** Runs as rows of a table that has only the columns somebody looks at. */
export function createRunTable({ db }: { readonly db: Db }) {
  const finder = createRunFinder(db)

  async function withColumns(projectId: string, found: FoundPage['rows'], asked: RunSearchRequest): Promise<RunRow[]> {
    const named = asked.metrics === 'all' ? [] : asked.metrics.map((key) => ({ entity: 'metric' as const, key }))
    const keys = await metricNumbers(db, projectId, named)
    const rows: RunRow[] = []
    let size = 0
    for (let at = 0; at < found.length && size < budget; at += chunk) {
      const some = found.slice(at, at + chunk)
      const numbers = some.map(({ run_number }) => run_number)
      const columns = await readColumns(db, numbers, asked, keys)
      rows.push(...some.map((row, index) => presentRow(row, columns[index]!)))
      size += columns.reduce((sum, of) => sum + sizeOf(of), 0)
    }
    return rows
  }

  return {
    /** @throws DomainError `tracking.bad_filter`, or `http.invalid_request` for a cursor of another query */
    async search({ projectId }: Caller, request: RunSearchRequest): Promise<Page<RunRow>> {
      const { filter, orderBy, limit, cursor: pageToken } = request
      const where = runsOf(projectId, request)
      const found = await finder.page({ ...where, filter, orderBy, limit, pageToken, refuse: refuseCursor })
      const items = await withColumns(projectId, found.rows, request)
      return { items, nextCursor: found.tokenAfter(items.length) }
    },
  }
}

const views: Readonly<Record<Lifecycle, View>> = { active: 'ACTIVE_ONLY', deleted: 'DELETED_ONLY' }

/** No experiments stand for all that are active. */
export const runsOf = (
  projectId: string,
  { experiments, lifecycle }: Pick<RunSearchRequest, 'experiments' | 'lifecycle'>,
): Omit<RunQuery, 'filter'> => ({
  projectId,
  experimentIds: experiments.length === 0 ? 'active' : experimentNumbers(experiments),
  view: views[lifecycle],
})

const presentRow = (row: StoredRun, { metrics, params, tags }: ColumnsOfRun): RunRow => ({
  ...presentInfo(row),
  metrics: presentSummaries(metrics),
  params,
  tags,
})

const sizeOf = ({ metrics, params, tags }: ColumnsOfRun) =>
  metrics.length * metricLength + lengthOf(params) + lengthOf(tags)

const lengthOf = (texts: Readonly<Record<string, string>>) =>
  Object.entries(texts).reduce((sum, [key, value]) => sum + key.length + value.length, 0)
