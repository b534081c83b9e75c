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
  /** The file the job left under this name, or `undefined` when it left none. @throws Error when it is not a plain file */
  output(handle: Handle, name: string): Promise<JobOutput | undefined>
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
  /** Placed beside the code; none where there is no code. */
  readonly links?: readonly JobLink[]
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
export type JobFile = 'log' | 'metrics.jsonl' | 'output' | 'summary.md'

export interface JobOutput {
  readonly sizeBytes: number
  open(): Readable
}

export type Handle = string & { readonly brand: 'Handle' }

export type Observation = { readonly state: 'queued' } | { readonly state: 'running' } | Ended

export type Ended =
  | { readonly state: 'ended'; readonly endedAt: Date; readonly exitCode: number }
  /** Gone without an exit code: the host went down, or someone killed it from outside. */
  | { readonly state: 'lost' }
  /** This executor has never heard of it. */
  | { readonly state: 'unknown' }

/** Puts the content with this digest at a path that does not exist yet, read-only. */
export type PlaceFile = (digest: string, target: string) => Promise<void>
