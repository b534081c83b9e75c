import type { ImportedRun, RunStatus } from '@evenkeel/contract'
import { sql } from 'kysely'
import type { Db } from '../../../platform/db.ts'
import type { ExperimentKey } from '../experiment-store.ts'
import type { RunKey } from '../run-store.ts'

export interface NewExperimentRow {
  readonly name: string
  readonly artifactLocation: string
  readonly createdMs: number
  readonly updatedMs: number
  readonly deletedMs: number | null
}

export interface NewRunRow {
  readonly name: string
  readonly userId: string
  readonly startedMs: number
  readonly artifactUri: string
}

export interface RunEnd {
  readonly status: RunStatus
  readonly endedMs: number | null
  readonly deletedMs: number | null
  readonly revision: string
}

/** A run, and whether it was imported. */
interface ImportState {
  readonly run_number: number
  readonly experiment_id: number
  readonly deleted_ms: number | null
  readonly artifact_uri: string
  readonly is_imported: boolean
}

/** Every query that only imports need. */
export function importStore(db: Db) {
  const tables = db.$pickTables<'tracking.experiment' | 'tracking.run' | 'tracking.run_import'>()

  return {
    /** @returns whether it was written: an active one with this name keeps it */
    async addExperiment({ projectId, experimentId }: ExperimentKey, row: NewExperimentRow): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await tables
        .insertInto('tracking.experiment')
        .values({
          project_id: projectId,
          experiment_id: experimentId,
          name: row.name,
          artifact_location: row.artifactLocation,
          created_ms: row.createdMs,
          updated_ms: row.updatedMs,
          deleted_ms: row.deletedMs,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },

    /** Adds a run that nobody has, with its mark. */
    async addRun({ projectId, runId }: RunKey, experimentId: number, row: NewRunRow, at: Date): Promise<void> {
      await sql`
        with added as (
          insert into tracking.run
            (project_id, run_id, experiment_id, name, user_id, status, started_ms, artifact_uri)
          values (${projectId}, ${runId}, ${experimentId}, ${row.name}, ${row.userId}, 'RUNNING', ${row.startedMs},
            ${row.artifactUri})
          on conflict do nothing
          returning run_number
        )
        insert into tracking.run_import (run_number, imported_at) select run_number, ${at} from added`.execute(db)
    },

    /** Reads a run and keeps everyone else from writing to it until the transaction ends. */
    async lockRun({ projectId, runId }: RunKey): Promise<ImportState | undefined> {
      const { rows } = await sql<ImportState>`
        select r.run_number, experiment_id, deleted_ms, artifact_uri, i.run_number is not null as is_imported
        from tracking.run r left join tracking.run_import i using (run_number)
        where project_id = ${projectId} and run_id = ${runId} for update of r`.execute(db)
      return rows[0]
    },

    async changeRun(runNumber: number, row: NewRunRow): Promise<void> {
      await tables
        .updateTable('tracking.run')
        .set({ name: row.name, user_id: row.userId, started_ms: row.startedMs, artifact_uri: row.artifactUri })
        .where('run_number', '=', runNumber)
        .execute()
    },

    /** From here on the run counts as brought in full. */
    async endRun(runNumber: number, { revision, status, endedMs, deletedMs }: RunEnd, at: Date): Promise<void> {
      await tables
        .updateTable('tracking.run')
        .set({ status, ended_ms: endedMs, deleted_ms: deletedMs })
        .where('run_number', '=', runNumber)
        .execute()
      await tables
        .updateTable('tracking.run_import')
        .set({ revision, imported_at: at })
        .where('run_number', '=', runNumber)
        .execute()
    },

    async states(projectId: string, runIds: readonly string[]): Promise<ImportedRun[]> {
      const { rows } = await sql<ImportedRun>`
        select run_id as run, experiment_id::text as experiment, artifact_uri as "artifactUri", revision,
          case when deleted_ms is null then 'active' else 'deleted' end as lifecycle,
          (select count(*)::int from tracking.run_param o where o.run_number = r.run_number) as params,
          (select count(*)::int from tracking.run_tag o where o.run_number = r.run_number) as tags,
          (select coalesce(sum(point_count), 0)::bigint from tracking.metric_summary o
            where o.run_number = r.run_number) as points,
          (select count(*)::int from tracking.run_dataset o where o.run_number = r.run_number) as datasets,
          (select count(*)::int from tracking.run_model o where o.run_number = r.run_number) as models
        from tracking.run r left join tracking.run_import i using (run_number)
        where project_id = ${projectId} and run_id = any(${[...runIds]}::text[])`.execute(db)
      return rows
    },
  }
}
