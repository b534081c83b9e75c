import type { DatasetVersion, EnvironmentPolicy, ModelVersion, ParamValue } from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import type { BlobStore } from '../../platform/blobs/blob-store.ts'
import type { Db } from '../../platform/db.ts'
import type { QueryEngine } from '../../platform/duckdb/engine.ts'
import type { Log } from '../../platform/logging.ts'
import type { SigningKey } from '../../platform/signing-key.ts'

/** The version in production and what it was trained on; moments are ISO 8601. */
export interface Champion {
  readonly version: number
  readonly trainedFrom: string | null
  readonly trainedUntil: string | null
  /** Event time of its promotion. */
  readonly promotedEventTime: string | null
}

/** How software environments are built and kept. */
export interface RuntimesConfig {
  /** What they may take together before the least recently used ones go. */
  readonly limitBytes: number
  /** Where tools such as uv and Python are looked for, as in PATH. */
  readonly searchPath: string
  /** What the tools get from the environment of the server: proxies and package indexes. */
  readonly variables: Readonly<Record<string, string>>
}

/** What pipelines need from the platform and from other domains. `app.ts` hands it over. */
export interface PipelinesDeps {
  readonly db: Db
  readonly blobs: BlobStore
  /** Cuts samples of dataset files, in a folder of its own below `queryFolder`. */
  readonly queries: Pick<QueryEngine, 'run'>
  readonly queryFolder: string
  /** Signs releases. */
  readonly signingKey: SigningKey
  readonly log: Log
  readonly now: () => Date
  /** Data folder of this server: attempts and the id of the host live in `<folder>/pipelines`. */
  readonly folder: string
  /** Names the places where steps run beside this machine; `isAsked`: it has to be there. */
  readonly targetsFile: { readonly path: string; readonly isAsked: boolean }
  readonly runtimes: RuntimesConfig
  /** Absolute paths of folders; triggers may watch what lies in them. */
  readonly watchRoots: readonly string[]
  /** Whether triggers may watch buckets on this machine and in private networks. */
  readonly privateBuckets: boolean
  /** Git repositories that steps come from: whether they may lie in private networks, and a file of certificates to trust. */
  readonly git: { readonly privateTargets: boolean; readonly caFile: string | undefined }
  /** Where the commands of steps start: the folder of the user's code. */
  readonly workFolder: string
  /** Base URL of this server, for steps; asked when a step starts. */
  readonly url: () => string
  /** Releases of what runs here, and the platform: as built-in steps write them down with a version. */
  readonly software: Readonly<Record<string, string>>
  /** The commit of the code in `workFolder`; it is recorded with every run. */
  readonly commit: () => string
  /** Program and arguments of a step that ships with Evenkeel; `undefined` when there is none of this name. */
  readonly builtinSteps: (name: string) => readonly string[] | undefined
  /**
   * Digest of a program that ships with Evenkeel; `undefined` when its result depends on more than its inputs and
   * params, so that it must never be taken over.
   */
  readonly programCode: (name: string, params: Readonly<Record<string, ParamValue>>) => Promise<string | undefined>
  /** Digest of a program that ships with Evenkeel, whatever its result depends on; null when there is none. */
  readonly programDigest: (name: string) => Promise<string | null>
  /** Who lets something into an environment. */
  readonly environmentPolicy: (projectId: string, environment: string) => Promise<EnvironmentPolicy>
  readonly datasets: {
    /** Accepted versions with events between two event times, both included; oldest first. */
    versionsCovering(projectId: string, dataset: string, from: string, until: string): Promise<DatasetVersion[]>
    /** A version, refused or not, or the newest accepted one. */
    findVersion(projectId: string, dataset: string, version: number | 'latest'): Promise<DatasetVersion | undefined>
    getVersion(caller: Caller, dataset: string, version: number): Promise<DatasetVersion>
    /** Newest first, refused ones too. */
    listVersions(caller: Caller, dataset: string, page: { limit: number }): Promise<{ items: DatasetVersion[] }>
  }
  /** A token for one attempt, bound to its run (`scope`); it acts for the user who started the run. */
  readonly issueStepToken: (step: { userId: string; scope: string; expiresAt: Date }) => Promise<string>
  /** Revokes every token of a run. */
  readonly revokeStepTokens: (scope: string) => Promise<void>
  /** @throws DomainError `registry.version_not_found` */
  readonly version: (projectId: string, model: string, version: number) => Promise<ModelVersion>
  /** The version that a feature view is now; null when there is none of this name. */
  readonly featureView: (projectId: string, view: string) => Promise<number | null>
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
