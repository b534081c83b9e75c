import { sql } from 'kysely'
import { type Db, json } from '../../../platform/db.ts'
import { comparing } from './repeated.ts'

export interface WouldRegister {
  readonly model: string
  readonly digest: string
}

/** What the step that compares has said of a run. */
export interface ComparedRow {
  readonly run_id: string
  readonly state: string
  readonly reason: string | null
  readonly small_values: unknown
  readonly outputs: unknown
}

/** Every query that is of reproductions alone. */
export function reproductionsStore(db: Db) {
  const tables = db.$pickTables<'pipelines.run' | 'pipelines.step' | 'pipelines.attempt'>()

  return {
    /** Ids, newest first; `before` is the last one of the page before. */
    async list(
      projectId: string,
      { model, version, before }: { model: string; version?: number | undefined; before?: string | undefined },
      limit: number,
    ): Promise<string[]> {
      let query = tables
        .selectFrom('pipelines.run')
        .select('id')
        .where('project_id', '=', projectId)
        .where('reproduces', 'is not', null)
        .where(sql<boolean>`reproduces ->> 'model' = ${model}`)
      if (version !== undefined) query = query.where(sql<boolean>`(reproduces ->> 'version')::int = ${version}`)
      if (before !== undefined) query = query.where('id', '<', before)
      const rows = await query.orderBy('id', 'desc').limit(limit).execute()
      return rows.map(({ id }) => id)
    },

    /** By run; those whose comparison has not been tried are not there. */
    async compared(runIds: readonly string[]): Promise<ReadonlyMap<string, ComparedRow>> {
      if (runIds.length === 0) return new Map()
      const rows = await tables
        .selectFrom('pipelines.step as s')
        .innerJoin('pipelines.attempt as a', (join) =>
          join.onRef('a.run_id', '=', 's.run_id').onRef('a.step_key', '=', 's.key'),
        )
        .select(['s.run_id', 's.state', 's.reason', 'a.small_values', 'a.outputs'])
        .where('s.run_id', 'in', [...runIds])
        .where('s.key', '=', comparing)
        .orderBy('a.attempt')
        .execute()
      return new Map(rows.map((row) => [row.run_id, row]))
    },

    /** What the results of the steps of a run depend on; a step whose result nobody could take over is not there. */
    async partsOf(runId: string): Promise<ReadonlyMap<string, unknown>> {
      const rows = await tables
        .selectFrom('pipelines.step')
        .select(['key', 'cache_parts'])
        .where('run_id', '=', runId)
        .where('cache_parts', 'is not', null)
        .execute()
      return new Map(rows.map(({ key, cache_parts }) => [key, cache_parts]))
    },

    /** The first registration counts: it is said once what would have become a version. */
    async noteRegistration(runId: string, note: WouldRegister): Promise<void> {
      await tables
        .updateTable('pipelines.run')
        .set({ would_register: json(note) })
        .where('id', '=', runId)
        .where('would_register', 'is', null)
        .execute()
    },
  }
}
