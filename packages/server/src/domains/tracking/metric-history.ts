import { trackingErrors } from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { requireFitting } from '../../platform/keyset.ts'
import { pageTokens, type Position } from '../../platform/page-token.ts'
import { type PointRow, type RunPointRow, type StepRange, historyStore } from './history-store.ts'
import type { Settle } from './metric-journal.ts'
import { runNotFound } from './run-states.ts'
import { runStore } from './run-store.ts'

const fail = failures(trackingErrors)

/** Points of one answer when none asks for fewer: what fits memory, and more than a client ever waits for. */
const mostPoints = 500_000
const mostOfRuns = 25_000
const mostThinned = 2500
const mostRuns = 100

export interface HistoryRequest {
  readonly runId: string
  readonly key: string
  /** Everything when absent. */
  readonly limit?: number | undefined
  readonly pageToken?: string | undefined
}

export interface RunsHistoryRequest {
  readonly runIds: readonly string[]
  readonly key: string
  readonly limit: number
}

/** How metrics went: every point, or as many as a chart shows. */
export function createMetricHistory({ db, settle }: { readonly db: Db; readonly settle: Settle }) {
  const store = historyStore(db)

  return {
    /** Points by timestamp, step and value. */
    async page(
      { projectId }: Caller,
      request: HistoryRequest,
    ): Promise<{ points: PointRow[]; nextPageToken: string | null }> {
      const { runId, key, limit, pageToken } = request
      if (limit !== undefined) requireLimit(limit, Infinity)
      const tokens = tokensOf(projectId, request)
      const after = pageToken ? pointOf(tokens.decode(pageToken)) : undefined
      if (!(await runStore(db).find({ projectId, runId }))) throw runNotFound(runId)
      await settle({ projectId, runIds: [runId] })
      const most = Math.min(limit ?? mostPoints, mostPoints)
      const rows = await store.page({ projectId, key }, runId, after, most + 1)
      const points = rows.slice(0, most)
      return { points, nextPageToken: rows.length > most ? tokens.encode({ values: valuesOf(points.at(-1)!) }) : null }
    },

    async ofRuns({ projectId }: Caller, { runIds, key, limit }: RunsHistoryRequest): Promise<RunPointRow[]> {
      requireRuns('GetMetricHistoryBulk', runIds.length)
      requireLimit(limit, Infinity)
      await settle({ projectId, runIds })
      return store.ofRuns({ projectId, key }, runIds, Math.min(limit, mostOfRuns))
    },

    /** @param steps - both ends belong to it; all when absent */
    async thinned(
      { projectId }: Caller,
      { runIds, key, limit }: RunsHistoryRequest,
      steps: StepRange | undefined,
    ): Promise<RunPointRow[]> {
      requireRuns('GetMetricHistoryBulkInterval', runIds.length)
      requireLimit(limit, mostThinned)
      if (steps && steps.from > steps.to) {
        const why = `end_step must be greater than start_step. Found start_step=${steps.from} and end_step=${steps.to}.`
        throw fail('tracking.bad_value', { field: 'end_step' }, { why })
      }
      await settle({ projectId, runIds })
      return store.thinned({ projectId, key }, runIds, steps, limit)
    },
  }
}

function requireRuns(request: string, count: number): void {
  if (count >= 1 && count <= mostRuns) return
  const why =
    count === 0
      ? `${request} request must specify at least one run_id.`
      : `${request} request cannot specify more than ${mostRuns} run_ids. Received ${count} run_ids.`
  throw fail('tracking.bad_value', { field: 'run_id' }, { why })
}

function requireLimit(limit: number, most: number): void {
  if (limit >= 1 && limit <= most) return
  const range = most === Infinity ? 'It must be a positive integer.' : `max_results must be between 1 and ${most}.`
  const why = `Invalid value ${limit} for parameter 'max_results' supplied. ${range}`
  throw fail('tracking.bad_value', { field: 'max_results' }, { why })
}

const tokensOf = (projectId: string, { runId, key }: HistoryRequest) =>
  pageTokens({ search: 'history', projectId, runId, key })

const valuesOf = ({ timestamp_ms, step, value }: PointRow) => [timestamp_ms, step, value]

/** @throws DomainError `http.invalid_request` for a token that is none, or one of another query */
function pointOf({ values }: Position): PointRow {
  requireFitting(['bigint', 'bigint', 'float8'], values)
  const [timestamp_ms, step, value] = values
  return { timestamp_ms: timestamp_ms!, step: step!, value: value! }
}
