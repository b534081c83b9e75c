import type { AssessmentError, AssessmentKind, TraceInfo, TraceState } from '@evenkeel/contract'
import { type Selectable, sql } from 'kysely'
import { type Database, type Db, json } from '../../platform/db.ts'

export interface TraceKey {
  readonly projectId: string
  readonly traceId: string
}

type Texts = Readonly<Record<string, string>>

export type TraceRow = Omit<Selectable<Database['traces.trace']>, 'tags' | 'metadata'> & {
  readonly tags: Texts
  readonly metadata: Texts
}

/** A trace with its assessments, oldest first. */
export type WholeRow = TraceRow & { readonly assessments: readonly AssessmentItem[] }

export interface AssessmentItem {
  readonly id: string
  readonly name: string
  readonly kind: AssessmentKind
  readonly source_type: string
  readonly source_id: string
  /** JSON text. */
  readonly value: string
  readonly error: AssessmentError | null
  readonly rationale: string | null
  readonly metadata: Texts
  readonly span_id: string | null
  readonly overrides: string | null
  readonly is_valid: boolean
  readonly created_ms: number
  readonly updated_ms: number
}

/** Where the files of a trace lie, and where its spans are; nobody changes these by hand. */
export const placeTags = { files: 'mlflow.artifactLocation', spans: 'mlflow.trace.spansLocation' } as const

/** Assessments of a trace `t`. */
export const assessmentsOf = sql<readonly AssessmentItem[]>`coalesce((
  select jsonb_agg(jsonb_build_object('id', a.assessment_id, 'name', a.name, 'kind', a.kind,
    'source_type', a.source_type, 'source_id', a.source_id, 'value', a.value::text, 'error', a.error,
    'rationale', a.rationale, 'metadata', a.metadata, 'span_id', a.span_id, 'overrides', a.overrides,
    'is_valid', a.is_valid, 'created_ms', a.created_ms, 'updated_ms', a.updated_ms)
    order by a.created_ms, a.assessment_id)
  from traces.assessment a where a.trace_number = t.trace_number
), '[]')`

interface ToldTrace extends Omit<TraceInfo, 'experimentId' | 'assessments'> {
  readonly experimentId: number
}

/** Every query on traces as a whole; searches lie in `search/`. */
export function traceStore(db: Db) {
  const tables = db.$pickTables<'traces.trace' | 'traces.run_link' | 'traces.prompt_link'>()

  return {
    /** Writes what a client tells of a trace, over what its spans have told. @returns its number, locked, and how many tags and metadata it has now */
    async tell(projectId: string, trace: ToldTrace) {
      const { rows } = await sql<{ trace_number: number; tag_count: number; metadata_count: number }>`
        insert into traces.trace as t (project_id, trace_id, experiment_id, client_request_id, state, requested_ms,
          duration_ms, request_preview, response_preview, tags, metadata, is_told)
        values (${projectId}, ${trace.id}, ${trace.experimentId}, ${trace.clientRequestId}, ${trace.state},
          ${trace.requestedMs}, ${trace.durationMs}, ${trace.requestPreview}, ${trace.responsePreview},
          ${json(trace.tags)}, ${json(trace.metadata)}, true)
        on conflict (project_id, trace_id) do update set
          experiment_id = excluded.experiment_id, client_request_id = excluded.client_request_id,
          state = excluded.state, requested_ms = excluded.requested_ms, duration_ms = excluded.duration_ms,
          request_preview = coalesce(excluded.request_preview, t.request_preview),
          response_preview = coalesce(excluded.response_preview, t.response_preview),
          tags = t.tags || excluded.tags, metadata = t.metadata || excluded.metadata, is_told = true
        returning trace_number, (select count(*)::int from jsonb_object_keys(tags)) as tag_count,
          (select count(*)::int from jsonb_object_keys(metadata)) as metadata_count`.execute(db)
      return rows[0]!
    },

    /**
     * The traces that spans belong to, made where they are not there, and locked in the order of their ids: of two
     * batches none waits for the other crosswise.
     */
    async lockOrAdd(
      projectId: string,
      experimentId: number,
      traces: readonly { id: string; requestedMs: number; location: string }[],
    ): Promise<TraceRow[]> {
      const ordered = traces.toSorted((a, b) => (a.id < b.id ? -1 : 1))
      const { rows } = await sql<TraceRow>`
        insert into traces.trace (project_id, trace_id, experiment_id, state, requested_ms, tags, is_told)
        select ${projectId}, sent.id, ${experimentId}, 'IN_PROGRESS', sent.at,
          jsonb_build_object(${placeTags.files}::text, sent.location), false
        from unnest(${ordered.map(({ id }) => id)}::text[], ${ordered.map(({ requestedMs }) => requestedMs)}::bigint[],
          ${ordered.map(({ location }) => location)}::text[]) with ordinality as sent (id, at, location, place)
        order by sent.place
        on conflict (project_id, trace_id) do update set trace_id = excluded.trace_id
        returning *`.execute(db)
      return rows
    },

    /** Brings a locked trace up to date with its spans. Tags and metadata are added to those that are there. */
    async follow(
      traceNumber: number,
      {
        tags,
        metadata,
        ...change
      }: Partial<Pick<TraceRow, 'requested_ms' | 'duration_ms' | 'request_preview' | 'response_preview'>> & {
        state: TraceState
        span_count: number
        span_bytes: number
        tags: Texts
        metadata: Texts
      },
    ): Promise<void> {
      await tables
        .updateTable('traces.trace')
        .set({
          ...change,
          tags: sql`tags || ${json(tags)}::jsonb`,
          metadata: sql`metadata || ${json(metadata)}::jsonb`,
        })
        .where('trace_number', '=', traceNumber)
        .execute()
    },

    async find(projectId: string, traceIds: readonly string[]): Promise<WholeRow[]> {
      const { rows } = await sql<WholeRow>`
        select t.*, ${assessmentsOf} as assessments from traces.trace t
        where t.project_id = ${projectId} and t.trace_id = any(${[...traceIds]}::text[])`.execute(db)
      return rows
    },

    /** Reads a trace and keeps its row locked until the transaction ends. */
    lock: ({ projectId, traceId }: TraceKey) =>
      tables
        .selectFrom('traces.trace')
        .select(['trace_number', 'tags'])
        .where('project_id', '=', projectId)
        .where('trace_id', '=', traceId)
        .forUpdate()
        .executeTakeFirst(),

    async setTag(traceNumber: number, key: string, value: string): Promise<void> {
      await sql`update traces.trace set tags = tags || jsonb_build_object(${key}::text, ${value}::text)
        where trace_number = ${traceNumber}`.execute(db)
    },

    async deleteTag(traceNumber: number, key: string): Promise<void> {
      await sql`update traces.trace set tags = tags - ${key}::text where trace_number = ${traceNumber}`.execute(db)
    },

    /** Deletes traces for good, with all that belongs to them; the oldest first where `most` is given. @returns how many */
    async delete(
      projectId: string,
      experimentId: number,
      which: { ids: readonly string[]; untilMs: number | undefined; most: number | undefined },
    ): Promise<number> {
      const { rows } = await sql<{ deleted: number }>`
        with gone as (
          delete from traces.trace where trace_number in (
            select t.trace_number from traces.trace t
            where t.project_id = ${projectId} and t.experiment_id = ${experimentId}
              and (${which.untilMs ?? null}::bigint is null or t.requested_ms <= ${which.untilMs ?? null})
              and (${which.ids.length === 0} or t.trace_id = any(${[...which.ids]}::text[]))
            order by t.requested_ms, t.trace_id limit ${which.most ?? null} for update
          ) returning 1
        )
        select count(*)::int as deleted from gone`.execute(db)
      return rows[0]!.deleted
    },

    /** Links those of the traces that are there. */
    async linkRun(projectId: string, traceIds: readonly string[], runId: string): Promise<void> {
      await sql`
        insert into traces.run_link (trace_number, run_id)
        select t.trace_number, ${runId} from traces.trace t
        where t.project_id = ${projectId} and t.trace_id = any(${[...traceIds]}::text[]) order by t.trace_number
        on conflict do nothing`.execute(db)
    },

    async linkPrompts(traceNumber: number, prompts: readonly { name: string; version: string }[]): Promise<void> {
      await tables
        .insertInto('traces.prompt_link')
        .values(prompts.map(({ name, version }) => ({ trace_number: traceNumber, name, version })))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
  }
}
