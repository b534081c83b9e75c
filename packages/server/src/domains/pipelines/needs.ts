import type { DatasetVersion, ParamValue } from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import type { BlobStore } from '../../platform/blobs/blob-store.ts'
import type { Db } from '../../platform/db.ts'
import type { Log } from '../../platform/logging.ts'

/** The version in production and what it was trained on; moments are ISO 8601. */
export interface Champion {
  readonly version: number
  readonly trainedFrom: string | null
  readonly trainedUntil: string | null
  /** Event time of its promotion. */
  readonly promotedEventTime: string | null
}

/** What pipelines need from the platform and from other domains. `app.ts` hands it over. */
export interface PipelinesDeps {
  readonly db: Db
  readonly blobs: BlobStore
  readonly log: Log
  readonly now: () => Date
  /** Data folder of this server: attempts and the id of the host live in `<folder>/pipelines`. */
  readonly folder: string
  /** Where the commands of steps start: the folder of the user's code. */
  readonly workFolder: string
  /** Base URL of this server, for steps; asked when a step starts. */
  readonly url: () => string
  /** The commit of the code in `workFolder`; it is recorded with every run. */
  readonly commit: () => string
  /** Program and arguments of a step that ships with Evenkeel; `undefined` when there is none of this name. */
  readonly builtinSteps: (name: string) => readonly string[] | undefined
  /**
   * Digest of a program that ships with Evenkeel; `undefined` when its result depends on more than its inputs and
   * params, so that it must never be taken over.
   */
  readonly programCode: (name: string, params: Readonly<Record<string, ParamValue>>) => Promise<string | undefined>
  readonly datasets: {
    /** Accepted versions with events between two event times, both included; oldest first. */
    versionsCovering(projectId: string, dataset: string, from: string, until: string): Promise<DatasetVersion[]>
    getVersion(caller: Caller, dataset: string, version: number): Promise<DatasetVersion>
    /** Newest first, refused ones too. */
    listVersions(caller: Caller, dataset: string, page: { limit: number }): Promise<{ items: DatasetVersion[] }>
  }
  /** A token for one attempt, bound to its run (`scope`); it acts for the user who started the run. */
  readonly issueStepToken: (step: { userId: string; scope: string; expiresAt: Date }) => Promise<string>
  /** Revokes every token of a run. */
  readonly revokeStepTokens: (scope: string) => Promise<void>
  /** The run that made a model version; null when no run did. */
  readonly runBehind: (projectId: string, model: string, version: number) => Promise<string | null>
  readonly champion: (projectId: string, model: string) => Promise<Champion | null>
  /** The id of a rollout of this model that has not ended. */
  readonly rolloutRunning: (projectId: string, model: string) => Promise<string | null>
  /** Whether who started a run may not approve what reaches this environment. */
  readonly separatesDuties: (projectId: string, environment: string) => Promise<boolean>
  /** Whether somebody of this name can sign in here. */
  readonly isUser: (projectId: string, name: string) => Promise<boolean>
  /** Attempts of one run that may live at the same time; by default one per core, at least two. */
  readonly maxLiveAttempts?: number
}
