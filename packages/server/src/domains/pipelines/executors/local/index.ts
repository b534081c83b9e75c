import { mkdir, readdir, readFile, stat, statfs } from 'node:fs/promises'
import { release } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ended, Executor, Handle, JobSpec, Observation, PlaceFile } from '../executor.ts'
import { clear, exists, heartbeatOf, ignoreAbsent, read, readExit } from '../folder/files.ts'
import { readOutput } from '../folder/outputs.ts'
import { noteMemory, usageOf } from '../usage.ts'
import { prepare } from './folder.ts'
import { type Identity, isAlive, parseIdentity } from './identity.ts'
import { createLogCut } from './log-cut.ts'
import { processesOf, signal } from './processes.ts'
import { createSpawner, type Spawned, type Spawner } from './spawner.ts'
import { type Watch, watchFolder, watchProcess } from './watch.ts'

/**
 * Runs jobs as process groups on this host. All that is known of a job lies in its folder, so a restarted server
 * adopts it.
 */
export function createLocalExecutor({ folder, place }: { folder: string; place: PlaceFile }): Executor {
  const submitting = new Map<string, Promise<Handle>>()
  /** Ends of processes that were started here and that nobody has waited for yet. */
  const ends = new Map<Handle, Promise<void>>()
  const spawner = createSpawner()

  async function start(job: JobSpec, externalId: string): Promise<Handle> {
    const home = join(folder, externalId) as Handle
    const isNew = !(await exists(home))
    if (isNew) {
      await requireDisk(folder, job.resources?.diskMiB)
      await prepare(home, job, place)
    }
    if (!isNew && (await exists(join(home, 'control/claim')))) return home
    const { gone } = await launch(spawner, home, job, externalId)
    ends.set(home, gone)
    return home
  }

  async function ended(home: Handle, abort: AbortSignal): Promise<Ended> {
    const gone = ends.get(home)
    ends.delete(home)
    if (!gone) return watchEnd(home, watchFolder(join(home, 'control'), abort), abort)
    const end = watchProcess(gone, abort)
    // It has just been started: there is nothing to see yet.
    await end.change()
    return watchEnd(home, end, abort)
  }

  return {
    kind: 'local',
    queues: false,

    submit(job, externalId) {
      const started = submitting.get(externalId) ?? start(job, externalId)
      submitting.set(externalId, started)
      return started.finally(() => submitting.delete(externalId))
    },

    observe,
    begun: async () => undefined,
    ended,
    cancel: (handle, stage) => cancel(handle, stage),
    read,
    output: readOutput,
    image: async () => null,
    usage: (home) => usageOf(home, 'peak-memory'),

    async measure(home) {
      const leader = await leaderOf(home)
      if (leader) await noteMemory(home, leader.pid)
    },

    version: async () => `${release()} (${process.platform}-${process.arch})`,

    async list() {
      const names = await readdir(folder).catch(() => [])
      const jobs = names.map((externalId) => ({ externalId, handle: join(folder, externalId) as Handle }))
      const seen = await Promise.all(jobs.map(({ handle }) => observe(handle)))
      return jobs.filter((_, at) => seen[at]!.state === 'running')
    },

    async cleanup(home) {
      if (await readExit(home)) await killLeft(home, tidyMs)
      else await cancel(home, 'kill', tidyMs)
      await clear(home)
    },
  }
}

/** @throws Error when less is free than the job asks for */
async function requireDisk(folder: string, diskMiB: number | undefined): Promise<void> {
  if (diskMiB === undefined) return
  await mkdir(folder, { recursive: true })
  const { bavail, bsize } = await statfs(folder)
  const freeMiB = Math.floor((bavail * bsize) / 1024 ** 2)
  if (freeMiB < diskMiB) throw new Error(`It asks for ${diskMiB} MiB of disk, and ${freeMiB} are free in ${folder}.`)
}

const launcher = join(import.meta.dirname, 'launcher.sh')
/** A launcher that claimed its folder has written its number long before; one that has not is dead. */
const claimMs = 10_000
/** What a job that has ended left behind is in nobody's way for so long. */
const tidyMs = 500

const launch = (spawner: Spawner, home: string, job: JobSpec, externalId: string): Promise<Spawned> =>
  spawner.spawn({
    program: '/bin/sh',
    args: [launcher, home, ...job.command],
    cwd: job.code ? join(home, 'code') : job.workFolder,
    environment: { ...job.describe(home).environment, EVENKEEL_EXTERNAL_ID: externalId },
    log: join(home, 'control/log'),
  })

async function observe(home: Handle): Promise<Observation> {
  const exit = await readExit(home)
  if (exit) return exit
  const leader = await leaderOf(home)
  if (!leader) return observeUnborn(home)
  if (await isAlive(leader)) return { state: 'running', ...(await heartbeatOf(home)) }
  // A leader that is gone by now has written its code, perhaps a moment ago, or never will.
  return (await readExit(home)) ?? { state: 'lost' }
}

async function observeUnborn(home: Handle): Promise<Observation> {
  const claim = await stat(join(home, 'control/claim')).catch(() => undefined)
  if (claim && Date.now() - claim.mtimeMs > claimMs) return { state: 'lost' }
  return { state: (await exists(home)) ? 'queued' : 'unknown' }
}

async function watchEnd(home: Handle, watch: Watch, abort: AbortSignal): Promise<Ended> {
  const cutLog = createLogCut(home)
  try {
    for (;;) {
      abort.throwIfAborted()
      const seen = await observe(home)
      await cutLog()
      if (seen.state !== 'queued' && seen.state !== 'running') return seen
      await watch.change()
    }
  } finally {
    watch.close()
  }
}

/** @param withinMs - how long it may take to find what has left the group */
async function cancel(home: Handle, stage: 'term' | 'kill', withinMs = 0): Promise<void> {
  const name = stage === 'term' ? 'SIGTERM' : 'SIGKILL'
  await birth(home)
  const leader = await livingLeader(home)
  if (leader) signal(-leader.pid, name)
  // Every process of the group carries the id too; one TERM is enough for those that want to tidy up.
  if (leader && stage === 'term') return
  await killLeft(home, withinMs, name)
}

/** Whatever carries the id of the job, wherever it has gone. */
async function killLeft(home: Handle, withinMs: number, name: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
  for (const pid of await processesOf(basename(home), withinMs)) signal(pid, name)
}

/** A signal that comes before the launcher has written its number would be lost. */
async function birth(home: Handle): Promise<void> {
  const patience = Date.now() + claimMs
  while (Date.now() < patience && (await observe(home)).state === 'queued') await delay(10)
}

async function leaderOf(home: string): Promise<Identity | undefined> {
  const line = await readFile(join(home, 'control/pid'), 'utf8').catch(ignoreAbsent)
  return line?.endsWith('\n') ? parseIdentity(line) : undefined
}

async function livingLeader(home: string): Promise<Identity | undefined> {
  const leader = await leaderOf(home)
  return leader && (await isAlive(leader)) ? leader : undefined
}
