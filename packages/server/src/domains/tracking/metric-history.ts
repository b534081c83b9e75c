import { trackingErrors } from '@evenkeel/contract'
import { z } from 'zod'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { type PointRow, type RunPointRow, type StepRange, historyStore } from './history-store.ts'
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
export function createMetricHistory({ db }: { readonly db: Db }) {
  const store = historyStore(db)

  return {
    /** Points by timestamp, step and value. */
    async page(
      { projectId }: Caller,
      { runId, key, limit, pageToken }: HistoryRequest,
    ): Promise<{ points: PointRow[]; nextPageToken: string | null }> {
      if (limit !== undefined) requireLimit(limit, Infinity)
      const after = pageToken ? positionOf(pageToken, [runId, key]) : undefined
      if (!(await runStore(db).find({ projectId, runId }))) throw runNotFound(runId)
      const most = Math.min(limit ?? mostPoints, mostPoints)
      const rows = await store.page({ projectId, key }, runId, after, most + 1)
      const points = rows.slice(0, most)
      return { points, nextPageToken: rows.length > most ? tokenOf(points.at(-1)!, [runId, key]) : null }
    },

    ofRuns({ projectId }: Caller, { runIds, key, limit }: RunsHistoryRequest): Promise<RunPointRow[]> {
      requireRuns('GetMetricHistoryBulk', runIds.length)
      requireLimit(limit, Infinity)
      return store.ofRuns({ projectId, key }, runIds, Math.min(limit, mostOfRuns))
    },

    /** @param steps - both ends belong to it; all when absent */
    thinned(
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

type Query = readonly [runId: string, key: string]

const integer = z
  .string()
  .regex(/^-?\d{1,19}$/)
  .refine((text) => BigInt.asIntN(64, BigInt(text)) === BigInt(text))
const double = z.string().transform((text) => String(Number(text)))
const position = z.tuple([z.string(), z.string(), integer, integer, double])

const tokenOf = ({ timestamp_ms, step, value }: PointRow, query: Query): string =>
  Buffer.from(JSON.stringify([...query, timestamp_ms, step, value])).toString('base64url')

/** @throws DomainError `tracking.bad_value` for a token that is none, or one of another query */
function positionOf(token: string, [runId, key]: Query): PointRow {
  const { data } = position.safeParse(parse(token))
  if (data?.[0] === runId && data[1] === key) return { timestamp_ms: data[2], step: data[3], value: data[4] }
  const why = 'Invalid page_token: it is not one that this query was answered with. Leave it out to start anew.'
  throw fail('tracking.bad_value', { field: 'page_token' }, { why })
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch {
    return undefined
  }
}
