import { mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Ended,
  type Executor,
  type Handle,
  type JobSpec,
  type Observation,
  type PlaceFile,
  Unreachable,
} from '../executor.ts'
import { prepare } from '../local/folder.ts'
import { watchFolder } from '../local/watch.ts'
import { usageOf } from '../usage.ts'
import { clear, exists, heartbeatOf, read, readExit } from './files.ts'
import { readOutput } from './outputs.ts'
import type { Platform, PlatformJob, PlatformState } from './platform.ts'
import { commandFor, writeScripts } from './scripts.ts'

export interface FolderExecutorOptions {
  readonly kind: string
  readonly platform: Platform
  /** Where the folders of attempts lie, for the server and the platform alike: the same absolute path. */
  readonly folder: string
  readonly place: PlaceFile
  /** How often the platform is asked. */
  readonly pollMs: number
  /** How long a job may be unknown to its platform before it is given up. */
  readonly unknownMs?: number
  /** How long a file that another machine has written may take to be seen here. */
  readonly lateMs?: number
}

/** Kinds where a job has a container of its own, whose peak is that of the job. */
const containers: ReadonlySet<string> = new Set(['docker', 'kubernetes'])

/** What the guard has not ended by then, the platform ends. */
const killMs = 3000

/**
 * Runs attempts on a platform that sees their folders. `exit.json` in the folder is the truth; the platform is asked
 * whether the job waits, runs, or is gone, and why.
 */
export function createFolderExecutor(options: FolderExecutorOptions): Executor {
  const { kind, platform, folder, place, pollMs, unknownMs = 60_000, lateMs = 5000 } = options
  const submitting = new Map<string, Promise<Handle>>()

  async function start(job: JobSpec, externalId: string): Promise<Handle> {
    const home = join(folder, externalId)
    await mkdir(folder, { recursive: true })
    if (!(await exists(home))) await prepare(home, job, place)
    // Who has begun is not started again: the platform may have forgotten it.
    if (await exists(join(home, 'control/claim'))) return home as Handle
    await writeScripts(home, externalId, job)
    try {
      await platform.start(toPlatform(job, externalId, home))
    } catch (error) {
      // One that is silent may have it all the same, and would miss its folder.
      if (!(error instanceof Unreachable)) await undo(home)
      throw error
    }
    return home as Handle
  }

  async function undo(home: string): Promise<void> {
    await platform.forget(basename(home)).catch(() => undefined)
    await rm(home, { recursive: true, force: true })
  }

  /** @throws Unreachable */
  async function look(home: Handle): Promise<Observation> {
    const exit = await readExit(home)
    if (exit) return exit.exitCode > 128 ? { ...exit, ...(await causeOf(home)) } : exit
    if (!(await exists(home))) return { state: 'unknown' }
    const seen = await platform.state(basename(home))
    switch (seen.state) {
      case 'queued':
        return { state: 'queued' }
      case 'running':
        return { state: 'running', ...(await heartbeatOf(home)) }
      case 'absent':
        return (await lateExit(home, 0)) ?? ((await isToldToEnd(home)) ? { state: 'lost' } : { state: 'unknown' })
      case 'ended':
        // What was killed by force writes no exit code.
        return (await lateExit(home, (await isKilled(home)) ? 0 : lateMs)) ?? lossOf(seen)
    }
  }

  /** The job may have ended between two questions, on a machine whose files take a while to be seen here. */
  async function lateExit(home: Handle, patienceMs: number): Promise<Ended | undefined> {
    for (const until = Date.now() + patienceMs; ;) {
      const exit = await readExit(home)
      if (exit) return exit.exitCode > 128 ? { ...exit, ...(await causeOf(home)) } : exit
      if (Date.now() >= until) return undefined
      await delay(100)
    }
  }

  /** Who killed it: the platform knows it a moment after the launcher has written its code. */
  async function causeOf(home: Handle): Promise<{ cause?: 'oom' | 'evicted' }> {
    for (const until = Date.now() + lateMs; ;) {
      const seen = await platform.state(basename(home)).catch(() => undefined)
      if (seen?.state === 'ended' && (seen.cause === 'oom' || seen.cause === 'evicted')) return { cause: seen.cause }
      if (seen === undefined || seen.state === 'ended' || seen.state === 'absent' || Date.now() >= until) return {}
      await delay(200)
    }
  }

  /**
   * Looks until a job is in one of these states, and waits in between.
   *
   * @param sign - the file below `control` that says that it is worth to look before it is time to ask again
   */
  async function watch<S extends Observation>(
    home: Handle,
    abort: AbortSignal,
    isEnough: (seen: Observation) => seen is S,
    sign: string,
  ): Promise<S> {
    const control = watchFolder(join(home, 'control'), abort)
    let unknownSince: number | undefined
    let askAt = 0
    try {
      for (;;) {
        abort.throwIfAborted()
        const seen =
          Date.now() >= askAt || (await exists(join(home, 'control', sign)))
            ? await look(home).catch(unlessUnreachable)
            : undefined
        if (Date.now() >= askAt) askAt = Date.now() + pollMs
        if (seen?.state !== 'unknown') unknownSince = seen ? undefined : unknownSince
        else unknownSince ??= Date.now()
        const isPatient = seen?.state === 'unknown' && (await exists(home)) && Date.now() - unknownSince! < unknownMs
        if (seen && !isPatient && isEnough(seen)) return seen
        await control.change()
      }
    } finally {
      control.close()
    }
  }

  async function cancel(home: Handle, stage: 'term' | 'kill'): Promise<void> {
    if (!(await exists(home)) || (await readExit(home))) return
    await writeFile(join(home, 'control', stage), '')
    const seen = await platform.state(basename(home))
    // Nobody is there yet who could read the file.
    if (seen.state === 'queued') return platform.kill(basename(home))
    if (stage === 'term' || seen.state !== 'running') return
    if (await outlives(home, killMs)) await platform.kill(basename(home))
  }

  async function outlives(home: Handle, patienceMs: number): Promise<boolean> {
    for (const until = Date.now() + patienceMs; Date.now() < until; await delay(200)) {
      if ((await readExit(home)) || (await platform.state(basename(home))).state !== 'running') return false
    }
    return true
  }

  return {
    kind,
    queues: true,

    submit(job, externalId) {
      const started = submitting.get(externalId) ?? start(job, externalId)
      submitting.set(externalId, started)
      return started.finally(() => submitting.delete(externalId))
    },

    observe: look,

    async begun(home, abort) {
      await watch(home, abort, (seen): seen is Observation => seen.state !== 'queued', 'claim')
    },

    ended: (home, abort) => watch(home, abort, isOver, 'exit.json'),
    cancel,
    read,
    output: readOutput,
    // The server sees none of its processes.
    measure: async () => undefined,
    usage: (home) => usageOf(home, containers.has(kind) ? 'cgroup-peak' : undefined),
    image: async (home) => (await platform.image?.(basename(home))) ?? null,
    version: () => platform.version(),

    async list() {
      const ids = await platform.list()
      return ids.map((externalId) => ({ externalId, handle: join(folder, externalId) as Handle }))
    },

    async cleanup(home) {
      await platform.forget(basename(home))
      // It holds the token of the attempt.
      await rm(join(home, 'control/start.sh'), { force: true })
      await clear(home)
    },
  }
}

const dayMs = 86_400_000
/** The server ends a job in time; the platform does so only when no server is there. */
const spareMs = 600_000

const toPlatform = (job: JobSpec, externalId: string, home: string): PlatformJob => ({
  externalId,
  home,
  command: commandFor(home),
  writable: [home, ...(job.checkpointFolder === undefined ? [] : [job.checkpointFolder])],
  readOnly: (job.code ? ['inputs', 'code'] : ['inputs']).map((name) => join(home, name)),
  resources: job.resources ?? { gpu: 0 },
  image: job.image,
  limitMs: (job.timeoutMs ?? dayMs) + (job.graceMs ?? 0) + spareMs,
  graceMs: job.graceMs ?? 30_000,
})

const isKilled = (home: Handle): Promise<boolean> => exists(join(home, 'control/kill'))
const isToldToEnd = async (home: Handle): Promise<boolean> =>
  (await isKilled(home)) || exists(join(home, 'control/term'))

const isOver = (seen: Observation): seen is Ended => seen.state !== 'queued' && seen.state !== 'running'

function unlessUnreachable(error: unknown): undefined {
  if (error instanceof Unreachable) return undefined
  throw error
}

function lossOf({ cause, says }: Extract<PlatformState, { readonly state: 'ended' }>): Ended {
  return { state: 'lost', ...(cause && { cause }), ...(says !== undefined && { says }) }
}
