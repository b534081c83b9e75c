import type { Arm } from '@evenkeel/contract'
import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import type { Traffic } from './counters.ts'
import type { EndpointKey } from './rows.ts'

/** Traffic is kept by the second for a quarter of an hour and by the minute for a day. */
const secondsKeptMs = 900_000
const minutesKeptMs = 86_400_000

export interface TrafficRow {
  readonly at: Date
  readonly arm: Arm
  readonly version: number
  readonly requests: number
  readonly errors: number
  readonly latencyCounts: readonly number[]
}

export interface RecentTraffic {
  readonly endpoint: string
  readonly requests: number
  readonly errors: number
  /** Requests of the newest seconds alone. */
  readonly newestRequests: number
  readonly latencyCounts: readonly number[]
}

const addUp = sql`
  on conflict (project_id, endpoint, at, arm, version) do update set
    requests = t.requests + excluded.requests,
    errors = t.errors + excluded.errors,
    latency_counts = deployments.add_counts(t.latency_counts, excluded.latency_counts)`

const sums = sql`
  sum(requests)::bigint as requests, sum(errors)::bigint as errors,
  deployments.sum_counts(latency_counts) as "latencyCounts"`

/** Requests over time. */
export function trafficStore(db: Db) {
  return {
    /** Adds to the second in which the report came. */
    async add({ projectId, endpoint }: EndpointKey, at: Date, arm: Arm, version: number, traffic: Traffic) {
      const { requests, errors, latencyCounts } = traffic
      await sql`
        insert into deployments.traffic as t
        values (${projectId}, ${endpoint}, date_trunc('second', ${at}::timestamptz), ${arm}, ${version}, ${requests},
          ${errors}, ${[...latencyCounts]}) ${addUp}`.execute(db)
    },

    /** Sums of each endpoint since a moment. */
    async recent(projectId: string, since: Date, newestSince: Date): Promise<RecentTraffic[]> {
      const { rows } = await sql<RecentTraffic>`
        select endpoint, ${sums},
          coalesce(sum(requests) filter (where at >= ${newestSince}), 0)::bigint as "newestRequests"
        from deployments.traffic where project_id = ${projectId} and at >= ${since}
        group by endpoint`.execute(db)
      return rows
    },

    /** How long the kept traffic of an endpoint is, and how many lines it would draw. */
    async extent({ projectId, endpoint }: EndpointKey): Promise<{ seconds: number; lineCount: number }> {
      const { rows } = await sql<{ seconds: number; lineCount: number }>`
        select coalesce(extract(epoch from max(at) - min(at)), 0)::float8 as seconds,
          count(distinct (arm, version))::int as "lineCount"
        from deployments.traffic where project_id = ${projectId} and endpoint = ${endpoint}`.execute(db)
      return rows[0]!
    },

    /** Traffic in points of a width, oldest first. */
    async points({ projectId, endpoint }: EndpointKey, widthSeconds: number): Promise<TrafficRow[]> {
      const { rows } = await sql<TrafficRow>`
        select date_bin(make_interval(secs => ${widthSeconds}), at, 'epoch') as at, arm, version, ${sums}
        from deployments.traffic where project_id = ${projectId} and endpoint = ${endpoint}
        group by 1, 2, 3 order by 1, 2, 3`.execute(db)
      return rows
    },

    /** Turns seconds that have become old into minutes, and forgets old minutes. Doing it twice changes nothing. */
    async thin(now: Date): Promise<void> {
      const secondsUntil = new Date(now.getTime() - secondsKeptMs)
      await sql`delete from deployments.traffic where at < ${new Date(now.getTime() - minutesKeptMs)}`.execute(db)
      await sql`
        with old as (
          delete from deployments.traffic
          where at < date_trunc('minute', ${secondsUntil}::timestamptz) and at <> date_trunc('minute', at)
          returning *)
        insert into deployments.traffic as t
        select project_id, endpoint, date_trunc('minute', at), arm, version, sum(requests), sum(errors),
          deployments.sum_counts(latency_counts)
        from old group by 1, 2, 3, 4, 5 ${addUp}`.execute(db)
    },
  }
}
