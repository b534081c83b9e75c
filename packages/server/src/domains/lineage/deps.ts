import type {
  Approval,
  ColumnProfile,
  DatasetVersion,
  ModelVersion,
  PipelineVersion,
  Rollout,
} from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import type { Log } from '../../platform/logging.ts'
import type { RunFacts } from './facts.ts'

/** What lineage needs from the platform and from the other domains. `app.ts` hands it over. */
export interface LineageDeps {
  readonly db: Db
  readonly log: Log
  readonly now: () => Date
  /** Data folder of this server: file targets write into `<folder>/lineage`. */
  readonly folder: string
  readonly version: string
  /** Address under which others reach this server: names and schemas carry it. Undefined: nobody has said. */
  readonly publicUrl: string | undefined
  /** Base URL of this server, in place of the public one. */
  readonly url: () => string
  /** Where the code of pipelines can be looked at. */
  readonly repository: string | undefined
  /** Variables of steps that may be shown to others. */
  readonly shownVariables: readonly string[]
  /** Whether targets may lie on this machine or in a private network. */
  readonly privateTargets: boolean
  /** Runs that have not ended. */
  readonly openRuns: (db: Db) => Promise<readonly { readonly projectId: string; readonly runId: string }[]>
  /** A run with what it was planned on, read with the given connection; undefined when there is none. */
  readonly runFacts: (db: Db, projectId: string, runId: string) => Promise<RunFacts | undefined>
  readonly pipelineVersion: (
    projectId: string,
    pipeline: string,
    version: number,
  ) => Promise<PipelineVersion | undefined>
  readonly datasetVersion: (projectId: string, dataset: string, version: number) => Promise<DatasetVersion>
  readonly datasetProfile: (projectId: string, dataset: string, version: number) => Promise<readonly ColumnProfile[]>
  readonly modelVersion: (projectId: string, model: string, version: number) => Promise<ModelVersion>
  readonly approval: (projectId: string, approvalId: string) => Promise<Approval>
  readonly rollout: (projectId: string, rolloutId: string) => Promise<Rollout>
}
