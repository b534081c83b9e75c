import type { JobResources, LossCause } from '../executor.ts'

/** What a platform has to know to run attempts whose folder it can see: the rest is files. */
export interface Platform {
  /** @throws Unreachable */
  version(): Promise<string>
  /**
   * Starts a job, or finds it: asked twice, it starts one. The platform has it when this resolves.
   *
   * @throws Error in words for a person, when it refuses the job
   */
  start(job: PlatformJob): Promise<void>
  /** @throws Unreachable when it does not answer, which says nothing about the job */
  state(externalId: string): Promise<PlatformState>
  /** Ends it by force, with everything it started; one that is not there is no error. */
  kill(externalId: string): Promise<void>
  /** Takes away what is left of it here. The job has ended, or is to end. */
  forget(externalId: string): Promise<void>
  /** External ids of our jobs that have not ended. */
  list(): Promise<readonly string[]>
  /** The image a job runs in, by digest, once that is known. */
  image?(externalId: string): Promise<string | null>
}

export interface PlatformJob {
  readonly externalId: string
  /** The folder of the attempt. */
  readonly home: string
  /** Program and arguments. Nothing in it comes from a person. */
  readonly command: readonly string[]
  /** Folders it sees, at the same paths: `home` first. */
  readonly writable: readonly string[]
  /** Folders below `home` that it only reads. */
  readonly readOnly: readonly string[]
  readonly resources: JobResources
  readonly image: string | undefined
  /** After so long the platform ends it, whoever is there to ask for it. */
  readonly limitMs: number
  /** From SIGTERM to SIGKILL, when the platform ends it by itself. */
  readonly graceMs: number
}

export type PlatformState =
  | { readonly state: 'queued' | 'running' }
  | { readonly state: 'ended'; readonly cause?: LossCause; readonly says?: string }
  /** It has never heard of it, or has forgotten it. */
  | { readonly state: 'absent' }
