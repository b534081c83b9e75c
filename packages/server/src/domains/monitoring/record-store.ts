import type { PredictionRecord } from '@evenkeel/contract'
import { type Selectable, sql } from 'kysely'
import { type Database, type Db, json } from '../../platform/db.ts'
import type { LabelledRow } from './tally.ts'

export interface EndpointKey {
  readonly projectId: string
  readonly endpoint: string
}

/** A span of event time, the end excluded. */
export interface Span {
  readonly start: Date
  readonly end: Date
}

export interface ServedVersion {
  readonly model: string
  readonly version: number
  readonly rowCount: number
}

export type PredictionRow = Selectable<Database['monitoring.prediction']>
export type StreamRow = Selectable<Database['monitoring.stream']>

interface Arrival extends EndpointKey {
  readonly records?: number
  readonly labels?: number
  readonly completeUntil?: Date | undefined
}

/**
 * The label of a prediction `p`, or null. Not a join: before PostgreSQL has counted a table that fills fast, it takes it
 * for small, and joins each row with each.
 */
export const labelOfRow = sql<number | null>`(
  select l.label from monitoring.label l
  where l.project_id = p.project_id and l.endpoint = p.endpoint and l.id = p.id)`

/** Rows that are held in memory at once while a window is read. */
const pageSize = 20_000

/** Every query on predictions, labels and what has arrived. */
export function recordStore(db: Db) {
  const tables = db.$pickTables<'monitoring.prediction' | 'monitoring.segment' | 'monitoring.stream'>()

  const streams = ({ projectId, endpoint }: EndpointKey) =>
    tables.selectFrom('monitoring.stream').where('project_id', '=', projectId).where('endpoint', '=', endpoint)

  return {
    /** False when a segment of this name is stored already. Waits for whoever is storing it just now. */
    async addSegment(row: {
      projectId: string
      segment: string
      node: string
      digest: string
      sizeBytes: number
      records: readonly PredictionRecord[]
      receivedAt: Date
    }): Promise<boolean> {
      const times = row.records.map(({ eventTime }) => Date.parse(eventTime))
      const added = await tables
        .insertInto('monitoring.segment')
        .values({
          project_id: row.projectId,
          segment: row.segment,
          node: row.node,
          digest: row.digest,
          size_bytes: row.sizeBytes,
          record_count: row.records.length,
          endpoints: json(countByEndpoint(row.records)),
          event_time_min: times.length === 0 ? null : new Date(times.reduce((a, b) => Math.min(a, b))),
          event_time_max: times.length === 0 ? null : new Date(times.reduce((a, b) => Math.max(a, b))),
          received_at: row.receivedAt,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return added.numInsertedOrUpdatedRows === 1n
    },

    /** Event time of the newest prediction of an endpoint. */
    async newestEventTime({ projectId, endpoint }: EndpointKey): Promise<Date | null> {
      const row = await tables
        .selectFrom('monitoring.prediction')
        .select('event_time')
        .where('project_id', '=', projectId)
        .where('endpoint', '=', endpoint)
        .orderBy('event_time', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.event_time ?? null
    },

    findSegment: (projectId: string, segment: string) =>
      tables
        .selectFrom('monitoring.segment')
        .select(['digest', 'record_count'])
        .where('project_id', '=', projectId)
        .where('segment', '=', segment)
        .executeTakeFirst(),

    /** Adds the records whose ids are new. @returns how many were, by endpoint */
    async addPredictions(projectId: string, records: readonly PredictionRecord[]) {
      const { rows } = await sql<{ endpoint: string; count: number }>`
        with added as (
          insert into monitoring.prediction (
            project_id, endpoint, id, model, version, arm, generation, rollout_id, event_time, served_at, features,
            score, paired_candidate, paired_champion, latency_us, error)
          select ${projectId}, r.endpoint, r.id, r.model, r.version, r.arm, r.generation, r."rolloutId", r."eventTime",
            r."servedAt", r.features, r.score, r."pairedCandidate", r."pairedChampion", r."latencyUs", r.error
          from json_to_recordset(${json(records)}::json) as r (
            endpoint text, id text, model text, version bigint, arm text, generation bigint, "rolloutId" text,
            "eventTime" timestamptz, "servedAt" timestamptz, features jsonb, score float8, "pairedCandidate" float8,
            "pairedChampion" float8, "latencyUs" bigint, error text)
          on conflict do nothing
          returning endpoint)
        select endpoint, count(*) as count from added group by endpoint`.execute(db)
      return rows
    },

    /**
     * Writes labels; a later one of the same id wins.
     *
     * @param ids - ascending and each once, so that two batches never wait for each other in a circle
     * @returns how many ids had no label before
     */
    async putLabels({ projectId, endpoint }: EndpointKey, ids: readonly string[], labels: readonly number[]) {
      const { rows } = await sql<{ added: number }>`
        with written as (
          insert into monitoring.label as l (project_id, endpoint, id, label)
          select ${projectId}, ${endpoint}, g.id, g.label
          from unnest(${ids}::text[], ${labels}::smallint[]) as g (id, label)
          on conflict (project_id, endpoint, id) do update set label = excluded.label where l.label <> excluded.label
          returning xmax = 0 as is_new)
        select count(*) filter (where is_new) as added from written`.execute(db)
      return rows[0]!.added
    },

    async listStreams(projectId: string, endpoints: readonly string[]): Promise<StreamRow[]> {
      if (endpoints.length === 0) return []
      return tables
        .selectFrom('monitoring.stream')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('endpoint', 'in', endpoints)
        .execute()
    },

    findStream: (key: EndpointKey): Promise<StreamRow | undefined> => streams(key).selectAll().executeTakeFirst(),

    /** Adds to the counts of an endpoint and moves its watermark, which never goes back. @returns where it was and is */
    async advance({ projectId, endpoint, records = 0, labels = 0, completeUntil }: Arrival) {
      const known = await streams({ projectId, endpoint }).select('complete_until').forUpdate().executeTakeFirst()
      const { rows } = await sql<{ complete_until: Date | null }>`
        insert into monitoring.stream as s (project_id, endpoint, record_count, label_count, complete_until)
        values (${projectId}, ${endpoint}, ${records}, ${labels}, ${completeUntil ?? null})
        on conflict (project_id, endpoint) do update set
          record_count = s.record_count + excluded.record_count,
          label_count = s.label_count + excluded.label_count,
          complete_until = greatest(s.complete_until, excluded.complete_until)
        returning complete_until`.execute(db)
      return { before: known?.complete_until ?? null, after: rows[0]!.complete_until }
    },

    /** Versions that answered in a span, most rows first. */
    async servedVersions({ projectId, endpoint }: EndpointKey, { start, end }: Span): Promise<ServedVersion[]> {
      const { rows } = await sql<ServedVersion>`
        select model, version, count(*) as "rowCount" from monitoring.prediction
        where project_id = ${projectId} and endpoint = ${endpoint} and event_time >= ${start} and event_time < ${end}
        group by model, version order by count(*) desc, version desc`.execute(db)
      return rows
    },

    /** Predictions of a span with their labels, in event time, page by page. */
    async *rows({ projectId, endpoint }: EndpointKey, { start, end }: Span): AsyncGenerator<LabelledRow> {
      // The position is text: a Date would cut the microseconds off and read rows twice.
      let after = { at: '-infinity', id: '' }
      for (;;) {
        const { rows } = await sql<LabelledRow & { at: string; id: string }>`
          select p.event_time::text as at, p.id, p.model, p.version, p.features, p.score, p.error, ${labelOfRow} as label
          from monitoring.prediction p
          where p.project_id = ${projectId} and p.endpoint = ${endpoint}
            and p.event_time >= ${start} and p.event_time < ${end}
            and (p.event_time, p.id) > (${after.at}::timestamptz, ${after.id})
          order by p.event_time, p.id limit ${pageSize}`.execute(db)
        yield* rows
        if (rows.length < pageSize) return
        after = rows.at(-1)!
      }
    },

    /** Values of one input in a span, or of the score of one version. */
    async featureValues({ projectId, endpoint }: EndpointKey, { start, end }: Span, feature: string) {
      const { rows } = await sql<{ version: number; value: number | string | boolean | null }>`
        select version, ${feature === 'score' ? sql`to_jsonb(score)` : sql`features -> ${feature}`} as value
        from monitoring.prediction
        where project_id = ${projectId} and endpoint = ${endpoint} and event_time >= ${start} and event_time < ${end}
        `.execute(db)
      return rows
    },

    recent: ({ projectId, endpoint }: EndpointKey, limit: number): Promise<PredictionRow[]> =>
      tables
        .selectFrom('monitoring.prediction')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('endpoint', '=', endpoint)
        .orderBy('event_time', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
  }
}

const countByEndpoint = (records: readonly PredictionRecord[]) =>
  Object.fromEntries([...Map.groupBy(records, (record) => record.endpoint)].map(([name, rows]) => [name, rows.length]))
