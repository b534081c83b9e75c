import {
  type Double,
  type Filter,
  parseFilter,
  parseOrderBy,
  type ParsedRequestOf,
  type ResultOf,
  runGrammar,
  type trackedRuns,
  trackingErrors,
} from '@evenkeel/contract'
import type { z } from 'zod'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { type GroupKey, type GroupRow, groupStore, type MetricOfGroup } from './group-store.ts'
import { readQuery } from './read-query.ts'
import { clausesOf, metricNumbers } from './run-finder.ts'
import { runsOf } from './run-table.ts'

const fail = failures(trackingErrors)

type CountRequest = ParsedRequestOf<typeof trackedRuns.count>['body']
type AggregateRequest = ParsedRequestOf<typeof trackedRuns.aggregate>['body']
type Groups = ResultOf<typeof trackedRuns.aggregate>
type Group = Groups['groups'][number]

const mostGroups = 1000

/** How many runs there are, and what their metrics come to. */
export function createRunGroups({ db }: { readonly db: Db }) {
  const store = groupStore(db)
  const numbersIn = (projectId: string, filter: Filter) => metricNumbers(db, projectId, clausesOf(filter))

  return {
    /** @throws DomainError `tracking.bad_filter` */
    async count({ projectId }: Caller, request: CountRequest): Promise<number> {
      const filter = readQuery(() => parseFilter(request.filter, runGrammar))
      return store.count({ ...runsOf(projectId, request), filter }, await numbersIn(projectId, filter))
    },

    /** @throws DomainError `tracking.bad_filter`, for what runs cannot be grouped by too */
    async aggregate({ projectId }: Caller, request: AggregateRequest): Promise<Groups> {
      const filter = readQuery(() => parseFilter(request.filter, runGrammar))
      const by = request.groupBy === undefined ? undefined : groupKey(request.groupBy)
      const asked = request.metrics.map((key) => ({ entity: 'metric' as const, key }))
      const keys = await metricNumbers(db, projectId, asked)
      const query = { ...runsOf(projectId, request), filter }
      const limits = { keyIds: [...keys.values()], limit: mostGroups + 1 }
      const rows = await store.groups(query, await numbersIn(projectId, filter), by, limits)
      return {
        groups: rows.slice(0, mostGroups).map((row) => presentGroup(row, request.metrics, keys)),
        more: rows.length > mostGroups,
      }
    },
  }
}

/** What runs can be grouped by. @throws DomainError `tracking.bad_filter` for anything else */
export function groupKey(text: string): GroupKey {
  const [key] = readQuery(() => parseOrderBy([text], runGrammar))
  if (key && key.entity !== 'metric' && !key.descending) return key
  const why = `Runs cannot be grouped by '${text}': name a param, a tag or an attribute, such as params.optimizer or status.`
  throw fail('tracking.bad_filter', { position: null }, { why })
}

function presentGroup({ value, runs, metrics }: GroupRow, asked: readonly string[], keys: ReadonlyMap<string, number>) {
  const found = new Map(metrics.map((metric) => [metric.key_id, metric]))
  const entries = asked.map((key) => [key, presentMetric(found.get(keys.get(key) ?? -1))] as const)
  return { value, runs, metrics: Object.fromEntries(entries) } satisfies Group
}

function presentMetric(metric: MetricOfGroup | undefined): Group['metrics'][string] {
  if (!metric) return { count: 0, mean: null, min: null, max: null, least: null, greatest: null }
  const { count, sum, huge_sum, min, max, least, greatest } = metric
  if (count === 0) return { count, mean: null, min: null, max: null, least, greatest }
  const mean = Number(sum ?? 0) / count + (Number(huge_sum ?? 0) / count) * 1e20
  return { count, mean: doubleOf(mean), min, max, least, greatest }
}

/** JSON has no word for NaN and infinities. */
const doubleOf = (value: number) => (Number.isFinite(value) ? value : (String(value) as z.infer<typeof Double>))
