import type { Readable } from 'node:stream'

/** A place where one attempt of a pipeline step can run. */
export interface Executor {
  readonly kind: string
  /** Whether a job may wait for its turn after it was submitted; `begun` tells when it has. */
  readonly queues: boolean
  /**
   * Prepares the folder of the job, places its inputs and starts it.
   *
   * @param externalId - lower case, at most 63 characters; asking again with the same one starts nothing new, and
   *   finishes what a crash left half-done
   * @returns a handle that survives a restart of the server
   * @throws when an input cannot be placed or the place cannot start jobs; nothing runs then
   */
  submit(job: JobSpec, externalId: string): Promise<Handle>
  /** Reads the present state; a handle it does not know is `unknown`. @throws Unreachable when the platform is silent */
  observe(handle: Handle): Promise<Observation>
  /** Waits until the job no longer queues. @throws the reason of the signal when that comes first */
  begun(handle: Handle, signal: AbortSignal): Promise<void>
  /** Waits until the job neither queues nor runs. @throws the reason of the signal when that comes first */
  ended(handle: Handle, signal: AbortSignal): Promise<Ended>
  /** Asks the whole process tree to end; resolves when it has been told, not when it has ended. May be repeated. */
  cancel(handle: Handle, stage: 'term' | 'kill'): Promise<void>
  /** Up to `limitBytes` of a file from a byte offset; empty when there is nothing (yet). */
  read(handle: Handle, file: JobFile, offset: number, limitBytes: number): Promise<Buffer>
  /** The file the job left under this name, or `undefined` when it left none. @throws Error when it is not a plain file */
  output(handle: Handle, name: string): Promise<JobOutput | undefined>
  /** Every job that is still alive here, whoever started it. */
  list(): Promise<readonly { readonly externalId: string; readonly handle: Handle }[]>
  /** The image it runs in, by digest; null where there is none, or nobody knows yet. */
  image(handle: Handle): Promise<string | null>
  /** Version of the platform. @throws Unreachable when it does not answer */
  version(): Promise<string>
  /** Ends what is left of the process tree and frees the space of inputs and outputs. The log stays readable. */
  cleanup(handle: Handle): Promise<void>
}

export interface JobSpec {
  readonly command: readonly string[]
  /** Where the command starts. */
  readonly workFolder: string
  readonly inputs: readonly JobInput[]
  /** What lies in the folder where the command starts, one of its own; null: it starts in `workFolder`. */
  readonly code: readonly JobCode[] | null
  /** What it may use; a platform that cannot hold it to that does not. */
  readonly resources?: JobResources
  /** Where the platform runs containers: a tag or a digest; its default when absent. */
  readonly image?: string
  /** How long it may run, and from SIGTERM to SIGKILL: safety nets of the platform, for when nobody is there to tell. */
  readonly timeoutMs?: number
  readonly graceMs?: number
  /**
   * What the job sees, given the folder where it will see its files. The environment is all it gets beside
   * `EVENKEEL_EXTERNAL_ID`: nothing is inherited from the server. The context becomes `control/context.json`.
   */
  describe(folder: string): { readonly environment: Readonly<Record<string, string>>; readonly context: unknown }
}

export interface JobResources {
  /** Cores; the platform decides when absent. */
  readonly cpu?: number | undefined
  readonly memoryMiB?: number | undefined
  readonly gpu: number
}

/** One file below `inputs/`. */
export interface JobInput {
  /** Relative, with `/`. */
  readonly path: string
  readonly digest: string
}

/** A copy of a stored file, which the job may change. */
export interface JobCode extends JobInput {
  readonly executable: boolean
}

/** What a job writes below `control/`. */
export type JobFile = 'log' | 'metrics.jsonl' | 'output' | 'summary.md'

export interface JobOutput {
  readonly sizeBytes: number
  open(): Readable
}

export type Handle = string & { readonly brand: 'Handle' }

export type Observation = { readonly state: 'queued' } | { readonly state: 'running' } | Ended

export type Ended =
  | { readonly state: 'ended'; readonly endedAt: Date; readonly exitCode: number; readonly cause?: 'oom' | 'evicted' }
  /** Gone without an exit code: the host went down, or someone killed it from outside. `says` is in the platform's words. */
  | { readonly state: 'lost'; readonly cause?: LossCause; readonly says?: string }
  /** This executor has never heard of it. */
  | { readonly state: 'unknown' }

/** Why a platform ended a job, where it tells. */
export type LossCause = 'oom' | 'evicted' | 'not_started'

/** A platform that does not answer, or not as it should: it says nothing about the job. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

/** Puts the content with this digest at a path that does not exist yet, read-only. */
export type PlaceFile = (digest: string, target: string) => Promise<void>
