import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'

/** A point as PostgreSQL writes it: text keeps integers beyond 2^53 and NaN, and costs no reading. */
export interface PointRow {
  readonly value: string
  readonly timestamp_ms: string
  readonly step: string
}

export interface RunPointRow extends PointRow {
  readonly run_id: string
}

export interface Series {
  readonly projectId: string
  readonly key: string
}

export interface StepRange {
  readonly from: number | bigint
  readonly to: number | bigint
}

const asText = sql`p.value::text as value, p.timestamp_ms::text as timestamp_ms, p.step::text as step`

/** The points of a metric of some runs. */
const pointsOf = ({ projectId, key }: Series, runIds: readonly string[]) => sql`
  tracking.run r
  join tracking.metric_key k on k.project_id = r.project_id and k.key = ${key}
  join tracking.metric_point p on p.run_number = r.run_number and p.key_id = k.key_id
  where r.project_id = ${projectId} and r.run_id = any(${[...runIds]}::text[])`

/** What reads points. What writes them is in `metric-store.ts`. */
export function historyStore(db: Db) {
  return {
    /** Points of one run by timestamp, step and value; those after a position, when there is one. */
    async page(series: Series, runId: string, after: PointRow | undefined, limit: number): Promise<PointRow[]> {
      const rest = after
        ? sql`and (p.timestamp_ms, p.step, p.value) >
            (${after.timestamp_ms}::bigint, ${after.step}::bigint, ${after.value}::float8)`
        : sql``
      const { rows } = await sql<PointRow>`
        select ${asText} from ${pointsOf(series, [runId])} ${rest}
        order by p.timestamp_ms, p.step, p.value limit ${limit}`.execute(db)
      return rows
    },

    /** Points of many runs by run, timestamp, step and value. */
    async ofRuns(series: Series, runIds: readonly string[], limit: number): Promise<RunPointRow[]> {
      const { rows } = await sql<RunPointRow>`
        select r.run_id, ${asText} from ${pointsOf(series, runIds)}
        order by r.run_id, p.timestamp_ms, p.step, p.value limit ${limit}`.execute(db)
      return rows
    },

    /** Up to `most` points of each run by step, evenly chosen, with the first and the last among them. */
    async thinned(
      series: Series,
      runIds: readonly string[],
      steps: StepRange | undefined,
      most: number,
    ): Promise<RunPointRow[]> {
      const range = steps
        ? sql`and p.step between ${String(steps.from)}::bigint and ${String(steps.to)}::bigint`
        : sql``
      const { rows } = await sql<RunPointRow>`
        with numbered as (
          select r.run_id, p.value, p.timestamp_ms, p.step,
            row_number() over (partition by r.run_id order by p.step, p.timestamp_ms, p.value) - 1 as place,
            count(*) over (partition by r.run_id) as total
          from ${pointsOf(series, runIds)} ${range}
        )
        select p.run_id, ${asText} from numbered p
        where total <= ${most} or case when ${most} = 1 then place = total - 1
          else place = 0 or place * (${most} - 1) / (total - 1) > (place - 1) * (${most} - 1) / (total - 1) end
        order by p.run_id, place`.execute(db)
      return rows
    },
  }
}
