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
  /**
   * The file or folder the job left under this name, or `undefined` when it left none.
   *
   * @throws Error naming what cannot be kept: a link out of the folder, a device, too many files
   */
  output(handle: Handle, name: string): Promise<JobOutput | JobFolder | undefined>
  /** Every job that is still alive here, whoever started it. */
  list(): Promise<readonly { readonly externalId: string; readonly handle: Handle }[]>
  /** The image it runs in, by digest; null where there is none, or nobody knows yet. */
  image(handle: Handle): Promise<string | null>
  /** Looks what it uses now; asked twice a second while it runs. */
  measure(handle: Handle): Promise<void>
  /** What it used. It has ended. */
  usage(handle: Handle): Promise<Usage>
  /** Version of the platform. @throws Unreachable when it does not answer */
  version(): Promise<string>
  /** Ends what is left of the process tree and frees the space of inputs and outputs. The log stays readable. */
  cleanup(handle: Handle): Promise<void>
}

/** What a job used; null: nobody has measured it. */
export interface Usage {
  readonly cpuSeconds: number | null
  readonly peakMemoryBytes: number | null
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
   * Variables that nobody but the command may see: they are in no environment that the platform shows. The launcher
   * reads them from a file of mode 0600, exports them, and deletes it before the command starts.
   */
  readonly secrets?: Readonly<Record<string, string>>
  /** A folder of this host that outlives the attempt; the job sees it at the same path and may write to it. */
  readonly checkpointFolder?: string
  /** Placed beside the code; none where there is no code. */
  readonly links?: readonly JobLink[]
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
  /** Free on its disk when it starts, or held to it, as the platform can. */
  readonly diskMiB?: number | undefined
  readonly gpu: number
}

/** One file below `inputs/`. */
export interface JobInput {
  /** Relative, with `/`. */
  readonly path: string
  readonly digest: string
  /** Then it is a copy: what is stored once for all is nobody's to run. */
  readonly executable?: boolean
}

/** A symbolic link below the code, to a folder of the host that jobs only read. */
export interface JobLink {
  /** Relative, with `/`. */
  readonly path: string
  readonly target: string
}

/** A copy of a stored file, which the job may change. */
export interface JobCode extends JobInput {
  readonly executable: boolean
}

/** What a job writes below `control/`. */
export type JobFile =
  | 'log'
  | 'metrics.jsonl'
  | 'output'
  | 'summary.md'
  /** Written by the executor: which part of the log is no longer there. `{ "from": …, "to": … }`, in bytes. */
  | 'log.cut'
  /** Written by the executor: the inputs that share their bytes with the store. See `PlacedInput`. */
  | 'placed.json'

/** An input as it was when it was placed. Sizes and times that differ later mean that somebody wrote to it. */
export interface PlacedInput {
  readonly path: string
  readonly digest: string
  readonly sizeBytes: number
  readonly mtimeMs: number
}

export interface JobOutput {
  readonly kind: 'file'
  readonly sizeBytes: number
  open(): Readable
}

export interface JobFolder {
  readonly kind: 'folder'
  /** In no particular order. */
  readonly files: readonly JobFolderFile[]
}

export interface JobFolderFile {
  /** Relative to the folder, with `/`. */
  readonly path: string
  readonly executable: boolean
  open(): Readable
}

export type Handle = string & { readonly brand: 'Handle' }

export type Observation = { readonly state: 'queued' } | RunningJob | Ended

export interface RunningJob {
  readonly state: 'running'
  /** When it last touched `control/heartbeat`; absent: never. */
  readonly heartbeatAt?: Date
}

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
