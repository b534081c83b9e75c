import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import type { StepRange } from './history-store.ts'
import { exact, finite } from './search/json-numbers.ts'

export interface CurvesAsked {
  readonly projectId: string
  readonly runIds: readonly string[]
  readonly keys: readonly string[]
  readonly steps: StepRange | undefined
}

export interface CurveRow {
  readonly run_id: string
  readonly key: string
  readonly total: number
  /** Items of a JSON array, `[step, milliseconds, value]`, by step, time and value. */
  readonly points: string
}

/**
 * Reads curves with up to `most` points each. A longer one keeps its ends and, of each of equally many points in
 * between, the lowest and the highest number; where there is no number one point, so that the gap shows.
 *
 * @param most - at least 2
 * @returns curves that have points, by run and key
 */
export async function readCurves(db: Db, asked: CurvesAsked, most: number): Promise<CurveRow[]> {
  const { projectId, runIds, keys, steps } = asked
  const range = steps ? sql`and p.step between ${String(steps.from)}::bigint and ${String(steps.to)}::bigint` : sql``
  const points = sql`tracking.metric_point p where p.run_number = c.run_number and p.key_id = c.key_id ${range}`
  const { rows } = await sql<CurveRow>`
    with curve as materialized (
      select r.run_id, k.key, c.run_number, c.key_id,
        ${steps ? sql`(select count(*) from ${points})` : sql`c.point_count`} as total
      from tracking.run r
      join tracking.metric_key k on k.project_id = r.project_id and k.key = any(${[...keys]}::text[])
      join tracking.metric_summary c on c.run_number = r.run_number and c.key_id = k.key_id
      where r.project_id = ${projectId} and r.run_id = any(${[...runIds]}::text[])
    )
    select c.run_id, c.key, c.total, chosen.points
    from curve c cross join lateral (
      select ${joined} from ${points} and c.total <= ${most}
      union all
      select ${joined} from (${peaks(points, most)}) p where c.total > ${most}
    ) chosen
    where chosen.points is not null
    order by c.run_id, c.key`.execute(db)
  return rows
}

const joined = sql`string_agg('[' || ${exact('p.step')} || ',' || ${exact('p.timestamp_ms')} || ','
  || ${finite('p.value')} || ']', ',' order by p.step, p.timestamp_ms, p.value) as points`

/** The ends are stretches of their own. In the order of values, numbers come before NaN. */
function peaks(points: RawBuilder<unknown>, most: number): RawBuilder<unknown> {
  const stretches = Math.floor((most - 2) / 2)
  return sql`
    select (unnest(case when s.numbers > 1 then array[s.points[1], s.points[s.numbers]] else array[s.points[1]] end)).*
    from (
      select array_agg(n.point order by n.value, n.place) as points,
        count(*) filter (where n.value <> 'NaN') as numbers
      from (
        select p::tracking.metric_point as point, p.value,
          row_number() over (order by p.step, p.timestamp_ms, p.value) - 1 as place
        from ${points}
      ) n
      where n.place in (0, c.total - 1) or ${stretches} > 0
      group by case n.place when 0 then -1 when c.total - 1 then ${stretches}
        else (n.place - 1) * ${stretches} / (c.total - 2) end
    ) s`
}
