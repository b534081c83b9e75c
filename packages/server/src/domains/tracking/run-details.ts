import type { RunDetail } from '@evenkeel/contract'
import { sql } from 'kysely'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import type { Settle } from './metric-journal.ts'
import { folderBehind, type OriginNeeds, versionsByRun } from './origins.ts'
import { presentRun, presentSummaries } from './run-presentation.ts'
import { findWholeRun } from './run-read-store.ts'
import { parentTag, runNotFound } from './run-states.ts'
import { type SummaryCells, summaryCells } from './search/column-store.ts'

interface Around {
  readonly experiment_name: string
  /** Null also when the tag names a run that is not there. */
  readonly parent_id: string | null
  readonly children: number
  readonly metrics: readonly SummaryCells[]
}

/** What a run is part of, and how its metrics went. */
async function findAround(db: Db, runNumber: number): Promise<Around | undefined> {
  const { rows } = await sql<Around>`
    select e.name as experiment_name,
      (select p.run_id from tracking.run_tag t join tracking.run p on p.project_id = r.project_id and p.run_id = t.value
        where t.run_number = r.run_number and t.key = ${parentTag}) as parent_id,
      (select count(*) from tracking.run_tag t join tracking.run c using (run_number)
        where t.key = ${parentTag} and left(t.value, 200) = r.run_id
          and c.project_id = r.project_id and c.deleted_ms is null) as children,
      (select ${summaryCells(sql`to_json(s.key)`)} from (
        select k.key, s.* from tracking.metric_summary s join tracking.metric_key k using (key_id)
        where s.run_number = r.run_number order by k.key) s)::json as metrics
    from tracking.run r join tracking.experiment e using (project_id, experiment_id)
    where r.run_number = ${runNumber}`.execute(db)
  return rows[0]
}

/** One run in full. */
export function createRunDetails({ db, settle, ...needs }: { readonly db: Db; readonly settle: Settle } & OriginNeeds) {
  return {
    /** @throws DomainError `tracking.run_not_found` */
    async get({ projectId }: Caller, runId: string): Promise<RunDetail> {
      await settle({ projectId, runIds: [runId] })
      const row = await findWholeRun(db, { projectId, runId })
      const around = row && (await findAround(db, row.run_number))
      if (!around) throw runNotFound(runId)
      const versions = await versionsByRun(db, needs, projectId, [row])
      return {
        ...presentRun(row),
        metrics: presentSummaries(around.metrics),
        experimentName: around.experiment_name,
        filesFolder: folderBehind(row.artifact_uri),
        parentId: around.parent_id,
        children: around.children,
        pipelineRunId: row.pipeline_run_id,
        modelVersions: [...versions.get(runId)!],
      }
    },
  }
}
