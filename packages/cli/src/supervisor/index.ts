import { mkdir, readFile, statfs } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CliError } from '../errors.ts'
import { type ChildSpec, type KeptChild, keepRunning } from './child.ts'
import { type Identity, identify } from './identity.ts'
import { modestHeap, smallHeap } from './modest-heap.ts'
import { requireFreePort } from './ports.ts'
import { readState, removeState, stillRunning, writeState } from './state.ts'
import { stopLeft } from './stop-left.ts'

export interface LocalOptions {
  readonly folder: string
  readonly port: number
  readonly inferencePort: number
  readonly onProgress: (says: string) => void
}

export interface Local {
  readonly url: string
  readonly inferenceUrl: string
  pids(): { name: string; pid: number }[]
  /** Stops node, server and database, in that order. */
  stop(): Promise<void>
  /** Ends everything at once. */
  kill(): void
}

const READY_LIMIT_MS = 60_000
const FREE_DISK_BYTES = 200 * 1024 ** 2

const entry = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/**
 * Starts PostgreSQL, the server and one inference node on this machine, keeps them running, and writes down who runs.
 * What a killed supervisor left behind in the folder is stopped first.
 *
 * @throws CliError when the folder is in use, a port is taken, the disk is full, or a process does not become ready
 */
export async function startLocal({ folder: place, port, inferencePort, onProgress }: LocalOptions): Promise<Local> {
  const folder = resolve(place)
  await takeFolder(folder, onProgress)
  await requireFreePort(port, 'console and API', '--port')
  await requireFreePort(inferencePort, 'inference node', '--inference-port')

  const url = `http://127.0.0.1:${port}`
  const inferenceUrl = `http://127.0.0.1:${inferencePort}`
  const children: KeptChild[] = []
  const known = new Map<string, Identity>()
  const supervisor = (await identify('supervisor', process.pid))!

  const writeDown = () => writeState(folder, { supervisor, url, inferenceUrl, children: [...known.values()] })
  const remember = async (name: string, pid: number) => {
    const identity = await identify(name, pid)
    if (identity) known.set(name, identity)
    await writeDown()
  }
  let written = Promise.resolve()
  const hooks = {
    onStart: (name: string, pid: number) => {
      // One after the other: two writers at once would take each other's half-written file.
      written = written
        .then(() => remember(name, pid))
        // A full disk must not end the supervisor.
        .catch((error: unknown) => onProgress(`that ${name} runs could not be written down: ${String(error)}`))
    },
    onDeath: (name: string, how: string) => onProgress(`${name} ended (${how}); it is started again`),
  }
  const keep = async (spec: ChildSpec) => void children.push(await keepRunning(spec, hooks))
  const stop = async () => {
    for (const child of children.toReversed()) await child.stop()
    await written
    await removeState(folder)
  }

  try {
    await writeDown()
    const database = process.env['EVENKEEL_DATABASE_URL'] ? undefined : await ownDatabase(folder)
    if (database) await keep(database.spec)
    // They load while the database starts.
    await keep(serverSpec(folder, port))
    await keep(nodeSpec(folder, url, inferencePort))
    if (database) {
      await database.ready()
      onProgress('database is ready')
    }
    await ready(`${url}/readyz`, 'server', join(folder, 'logs/server.log'))
    onProgress('server is ready')
    await ready(`${inferenceUrl}/healthz`, 'inference node', join(folder, 'logs/node.log'))
    onProgress('inference node is ready')
  } catch (error) {
    await stop()
    throw error
  }

  return {
    url,
    inferenceUrl,
    pids: () =>
      children.flatMap((child) => (child.pid() === undefined ? [] : [{ name: child.name, pid: child.pid()! }])),
    stop,
    kill: () => children.forEach((child) => child.kill()),
  }
}

/** Refuses a folder that is in use; stops what a killed supervisor left behind. */
async function takeFolder(folder: string, onProgress: (says: string) => void): Promise<void> {
  await mkdir(join(folder, 'logs'), { recursive: true })
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < FREE_DISK_BYTES) {
    throw new CliError({
      code: 'cli.disk_full',
      message: 'There is not enough room on the disk',
      why: `${folder} has ${Math.round((bavail * bsize) / 1024 ** 2)} MiB left, and 200 are needed to start`,
      fix: 'free some space, or choose another disk with --folder',
      exitCode: 1,
    })
  }
  const running = await refuseWhenInUse(folder)
  if (running.length > 0) onProgress('stopping what an earlier session left running')
  await stopLeft(folder, running)
}

/**
 * What a killed supervisor left running on the folder.
 *
 * @throws CliError when a supervisor runs on it now
 */
export async function refuseWhenInUse(folder: string): Promise<Identity[]> {
  const state = await readState(folder)
  if (!state) return []
  const running = await stillRunning(state)
  if (running.some(({ name }) => name === 'supervisor')) {
    throw new CliError({
      code: 'cli.already_running',
      message: `Evenkeel already runs on ${folder}`,
      why: `process ${state.supervisor.pid} serves it at ${state.url}`,
      fix: `evenkeel open, or evenkeel down --folder ${folder}`,
      exitCode: 5,
    })
  }
  return running
}

/** The PostgreSQL of the folder, which is about to start: its log tells when it is ready. */
async function ownDatabase(folder: string): Promise<{ readonly spec: ChildSpec; ready(): Promise<void> }> {
  const logFile = join(folder, 'logs/postgres.log')
  const readLog = () => readFile(logFile, 'utf8').catch(() => '')
  const { length: before } = await readLog()
  return {
    spec: {
      name: 'postgres',
      args: [...smallHeap, entry('server/src/postgres.ts'), '--folder', folder],
      environment: {},
      logFile,
    },
    async ready() {
      const giveUpAt = Date.now() + READY_LIMIT_MS
      while (Date.now() < giveUpAt) {
        if (/^\{"ready":true/m.test((await readLog()).slice(before))) return
        await delay(20)
      }
      throw await notReady('database', logFile)
    },
  }
}

function serverSpec(folder: string, port: number): ChildSpec {
  return {
    name: 'server',
    args: [...modestHeap, entry('server/src/main.ts')],
    environment: {
      EVENKEEL_PORT: String(port),
      EVENKEEL_FOLDER: folder,
      EVENKEEL_DATABASE_WAIT_SECONDS: String(READY_LIMIT_MS / 1000),
    },
    logFile: join(folder, 'logs/server.log'),
  }
}

function nodeSpec(folder: string, url: string, port: number): ChildSpec {
  return {
    name: 'node',
    args: [...modestHeap, entry('inference/src/main.ts')],
    environment: {
      EVENKEEL_URL: url,
      EVENKEEL_NODE: 'local',
      EVENKEEL_NODE_ENVIRONMENTS: 'staging,production',
      EVENKEEL_INFERENCE_HOST: '127.0.0.1',
      EVENKEEL_INFERENCE_PORT: String(port),
      EVENKEEL_NODE_FOLDER: join(folder, 'node'),
    },
    logFile: join(folder, 'logs/node.log'),
  }
}

async function ready(url: string, what: string, logFile: string): Promise<void> {
  const giveUpAt = Date.now() + READY_LIMIT_MS
  while (Date.now() < giveUpAt) {
    // A process that dies again and again may take a request and never answer it.
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return
    await delay(30)
  }
  throw await notReady(what, logFile)
}

async function notReady(what: string, logFile: string): Promise<CliError> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-6)
  return new CliError({
    code: 'cli.not_ready',
    message: `The ${what} did not become ready within ${READY_LIMIT_MS / 1000} s`,
    why: `the last lines of its log are:\n${lines.join('\n')}`,
    fix: `evenkeel doctor, and read ${logFile}`,
    exitCode: 8,
  })
}
