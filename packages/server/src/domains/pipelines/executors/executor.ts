import type { Readable } from 'node:stream'

/** A place where one attempt of a pipeline step can run. */
export interface Executor {
  readonly kind: string
  /**
   * Prepares the folder of the job, places its inputs and starts it.
   *
   * @param externalId - lower case, at most 63 characters; asking again with the same one starts nothing new, and
   *   finishes what a crash left half-done
   * @returns a handle that survives a restart of the server
   * @throws when an input cannot be placed or the place cannot start jobs; nothing runs then
   */
  submit(job: JobSpec, externalId: string): Promise<Handle>
  /** Reads the present state; never waits, and never throws for a handle it does not know. */
  observe(handle: Handle): Promise<Observation>
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
  /**
   * Variables that nobody but the command may see: they are in no environment that the platform shows. The launcher
   * reads them from a file of mode 0600, exports them, and deletes it before the command starts.
   */
  readonly secrets?: Readonly<Record<string, string>>
  /** A folder of this host that outlives the attempt; the job sees it at the same path and may write to it. */
  readonly checkpointFolder?: string
  /**
   * What the job sees, given the folder where it will see its files. The environment is all it gets beside
   * `EVENKEEL_EXTERNAL_ID`: nothing is inherited from the server. The context becomes `control/context.json`.
   */
  describe(folder: string): { readonly environment: Readonly<Record<string, string>>; readonly context: unknown }
}

/** One file below `inputs/`. */
export interface JobInput {
  /** Relative, with `/`. */
  readonly path: string
  readonly digest: string
  /** Then it is a copy: what is stored once for all is nobody's to run. */
  readonly executable?: boolean
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
  | { readonly state: 'ended'; readonly endedAt: Date; readonly exitCode: number }
  /** Gone without an exit code: the host went down, or someone killed it from outside. */
  | { readonly state: 'lost' }
  /** This executor has never heard of it. */
  | { readonly state: 'unknown' }

/** Puts the content with this digest at a path that does not exist yet, read-only. */
export type PlaceFile = (digest: string, target: string) => Promise<void>
