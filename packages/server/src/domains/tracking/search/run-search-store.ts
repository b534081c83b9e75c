import type { Clause, Filter } from '@evenkeel/contract'
import { type RawBuilder, type Selectable, sql, type SqlBool } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'
import { whereOf } from '../../../platform/filter-sql.ts'
import { after, orderOf, positionOf } from '../../../platform/keyset.ts'
import { exact, finite } from './json-numbers.ts'
import { indexedRuns, runClause, type RunContext } from './run-clauses.ts'
import type { RunPart } from './run-order.ts'

export type RunRow = Selectable<Database['tracking.run']>

export interface FoundRow extends RunRow {
  /** Where it stands in the order, as text. */
  readonly position: readonly string[]
}

export type View = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL'

export interface RunQuery {
  readonly projectId: string
  /** `active`: all that are not deleted. */
  readonly experimentIds: readonly number[] | 'active'
  readonly view: View
  readonly filter: Filter
}

/** Lists of a run as the items of JSON arrays, without their brackets. */
export interface RunTexts {
  readonly run_number: number
  /** `{ key, value, timestamp, step }`: NaN and infinities, and integers beyond 2^53, are texts. */
  readonly metrics: string
  /** `{ key, value }` */
  readonly params: string
  readonly tags: string
  /** `{ tags, dataset }` */
  readonly datasets: string
  /** `{ model_id }` and `{ model_id, step }` */
  readonly input_models: string
  readonly output_models: string
}

export function runSearchStore(db: Db) {
  return {
    /** Of the clauses that an index answers, the one that lets fewest runs through, when these are `most` at most. */
    async rarest(
      clauses: readonly Clause[],
      context: RunContext,
      most: number,
    ): Promise<RawBuilder<unknown> | undefined> {
      const sources = clauses.map((clause) => indexedRuns(clause, context)).filter((source) => source !== undefined)
      if (sources.length === 0) return undefined
      const counts = sources.map((source) => sql`(select count(*) from (${source} limit ${most + 1}) c)::int`)
      const { rows } = await sql<{ counts: number[] }>`select array[${sql.join(counts)}] as counts`.execute(db)
      const found = rows[0]!.counts
      const fewest = Math.min(...found)
      return fewest > most ? undefined : sources[found.indexOf(fewest)]
    },

    /** Runs of one part of an order, behind `position` where one is given. */
    async page(
      query: RunQuery,
      part: RunPart,
      context: RunContext,
      page: { limit: number; position?: readonly string[] | undefined; among?: RawBuilder<unknown> | undefined },
    ): Promise<FoundRow[]> {
      const { rows } = await sql<FoundRow>`
        select r.*, ${positionOf(part.columns)} as position from ${part.from}
        where ${part.where} and ${belongs(query)}
          and ${whereOf(query.filter, (clause) => runClause(clause, { ...context, ordered: part.ordered }))}
          ${page.among ? sql`and r.run_number = any(array(${page.among}))` : sql``}
          ${page.position ? sql`and ${after(part.columns, page.position)}` : sql``}
        order by ${orderOf(part.columns)} limit ${page.limit}`.execute(db)
      return rows
    },

    /** What belongs to these runs, in the order of `numbers`. */
    async texts(numbers: readonly number[]): Promise<RunTexts[]> {
      const { rows } = await textsOf(numbers).execute(db)
      return rows
    },
  }
}

/** Whether a run `r` is one that a query is about, whatever its filter. */
export function belongs({ projectId, experimentIds, view }: Omit<RunQuery, 'filter'>): RawBuilder<SqlBool> {
  return sql<SqlBool>`r.project_id = ${projectId} and r.experiment_id ${among(projectId, experimentIds)} and ${views[view]}`
}

function among(projectId: string, experimentIds: RunQuery['experimentIds']): RawBuilder<unknown> {
  // Few are deleted: looked up in a table of them, runs come in the order of an index.
  if (experimentIds === 'active') {
    return sql`not in (select e.experiment_id from tracking.experiment e
      where e.project_id = ${projectId} and e.deleted_ms is not null)`
  }
  // A single one is compared with "=", so that an index can give the order.
  const [only] = experimentIds
  return experimentIds.length === 1 ? sql`= ${only}` : sql`= any(${[...experimentIds]}::bigint[])`
}

const views = {
  ACTIVE_ONLY: sql`r.deleted_ms is null`,
  DELETED_ONLY: sql`r.deleted_ms is not null`,
  ALL: sql`true`,
}

const pair = sql`string_agg('{"key":' || to_json(p.key) || ',"value":' || to_json(p.value) || '}', ',' order by p.key)`

const textsOf = (numbers: readonly number[]) => sql<RunTexts>`
  select n.run_number,
    coalesce((select string_agg('{"key":' || to_json(k.key) || ',"value":' || ${finite('s.last_value')} ||
        ',"timestamp":' || ${exact('s.last_timestamp_ms')} || ',"step":' || ${exact('s.last_step')} || '}', ',' order by k.key)
      from tracking.metric_summary s join tracking.metric_key k using (key_id)
      where s.run_number = n.run_number), '') as metrics,
    coalesce((select ${pair} from tracking.run_param p where p.run_number = n.run_number), '') as params,
    coalesce((select ${pair} from tracking.run_tag p where p.run_number = n.run_number), '') as tags,
    coalesce((select string_agg(json_build_object(
        'tags', (select coalesce(json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key), '[]')
          from jsonb_each_text(i.tags) t),
        'dataset', json_strip_nulls(json_build_object('name', d.name, 'digest', d.digest, 'source_type', d.source_type,
          'source', d.source, 'schema', d.schema, 'profile', d.profile)))::text, ',' order by d.dataset_number)
      from tracking.run_dataset i join tracking.dataset d using (dataset_number)
      where i.run_number = n.run_number), '') as datasets,
    coalesce((select string_agg('{"model_id":' || to_json(o.model_id) || '}', ',' order by o.model_id)
      from tracking.run_model o where o.run_number = n.run_number and o.direction = 'input'), '') as input_models,
    coalesce((select string_agg('{"model_id":' || to_json(o.model_id) || ',"step":' || ${exact('o.step')} || '}', ','
        order by o.step, o.model_id)
      from tracking.run_model o where o.run_number = n.run_number and o.direction = 'output'), '') as output_models
  from unnest(${[...numbers]}::bigint[]) with ordinality n (run_number, place) order by n.place`
