import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** A tracking server that listens on loopback. */
export interface TrackingServer {
  readonly name: string
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

const startTimeoutMs = 180_000
const main = fileURLToPath(new URL('../../packages/server/src/main.ts', import.meta.url))

export async function startOurs(folder: string, databaseUrl: string): Promise<TrackingServer> {
  const port = await freePort()
  return start('Evenkeel', port, join(folder, 'server.log'), process.execPath, [main], {
    EVENKEEL_PORT: String(port),
    EVENKEEL_FOLDER: join(folder, 'server'),
    EVENKEEL_DATABASE_URL: databaseUrl,
    EVENKEEL_LOG_LEVEL: 'error',
  })
}

/** MLflow's own server on a database of its own, with a worker for each core. */
export async function startMlflow(name: string, folder: string, databaseUrl: string): Promise<TrackingServer> {
  const port = await freePort()
  const options = {
    'backend-store-uri': databaseUrl,
    'artifacts-destination': join(folder, `artifacts-${port}`),
    port,
    workers: availableParallelism(),
  }
  const args = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)])
  return start(name, port, join(folder, `mlflow-${port}.log`), mlflowPython, ['-m', 'mlflow', 'server', ...args], {
    // Runs jobs of its own beside, which have nothing to do with tracking, in processes that outlive a killed server.
    MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
  })
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

const mlflowPython = process.env['PYTHON_MLFLOW'] ?? process.env['PYTHON'] ?? 'python3'

/** Why MLflow cannot be measured here; nothing when it can. */
export async function whyNoMlflow(...modules: readonly string[]): Promise<string | undefined> {
  try {
    await promisify(execFile)(mlflowPython, ['-c', `import ${['mlflow', ...modules].join(', ')}`])
    return undefined
  } catch {
    const names = ['mlflow', ...modules].join(' and ')
    return `${mlflowPython} has no ${names}; install them and name that Python in PYTHON_MLFLOW`
  }
}

async function start(
  name: string,
  port: number,
  logFile: string,
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<TrackingServer> {
  // A group of its own, since MLflow's server starts workers that outlive it.
  const child = spawn(command, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const log = createWriteStream(logFile)
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  const ended = once(child, 'exit')
  const stop = () => stopGroup(child, ended)
  try {
    await untilReady(port, child)
  } catch (cause) {
    await stop()
    throw new Error(`${name} did not start; see ${logFile}`, { cause })
  }
  return { name, port, pid: child.pid!, stop }
}

async function untilReady(port: number, child: ChildProcess): Promise<void> {
  const signal = AbortSignal.timeout(startTimeoutMs)
  for (;;) {
    const isReady = await fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    await delay(250, undefined, { signal })
  }
}

async function stopGroup(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  signalGroup(child, 'SIGTERM')
  await Promise.race([ended, delay(15_000)])
  signalGroup(child, 'SIGKILL')
  await ended
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid!, signal)
  } catch {
    // The group is gone, which is what was wanted.
  }
}
