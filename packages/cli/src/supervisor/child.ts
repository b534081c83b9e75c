import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const LOG_LIMIT_BYTES = 20 * 1024 ** 2
const LOGS_KEPT = 3
const STOP_LIMIT_MS = 20_000
const CALM_MS = 30_000

export interface ChildSpec {
  readonly name: string
  /** Program of Node and its arguments. */
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly logFile: string
}

export interface KeptChild {
  readonly name: string
  pid(): number | undefined
  /** Asks it to end, and insists after 20 s. */
  stop(): Promise<void>
  /** Ends it at once. */
  kill(): void
}

export interface ChildHooks {
  /** A process was started, the first time or again. */
  readonly onStart: (name: string, pid: number) => void
  readonly onDeath: (name: string, how: string) => void
}

/** Runs a program of ours in a process group of its own, and starts it again when it dies. */
export async function keepRunning(spec: ChildSpec, hooks: ChildHooks): Promise<KeptChild> {
  let stopping = false
  let child = await start(spec, hooks)
  const watched = watch()

  async function watch(): Promise<void> {
    for (let waitMs = 200; ;) {
      const startedAt = Date.now()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      if (stopping) return
      hooks.onDeath(spec.name, child.signalCode ?? `exit code ${child.exitCode}`)
      if (Date.now() - startedAt > CALM_MS) waitMs = 200
      await delay(waitMs)
      waitMs = Math.min(waitMs * 2, 5000)
      if (stopping) return
      child = await start(spec, hooks)
      // Asked to end while it was being started.
      if (stopping) child.kill('SIGTERM')
    }
  }

  return {
    name: spec.name,
    pid: () => child.pid,
    async stop() {
      stopping = true
      child.kill('SIGTERM')
      const insist = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await watched
      clearTimeout(insist)
    },
    kill() {
      stopping = true
      child.kill('SIGKILL')
    },
  }
}

const defaults = {
  // Compiled TypeScript is kept between starts: the server comes back in half the time.
  NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
  // glibc keeps a heap for each of many threads, and gives little of what is free in them back.
  MALLOC_ARENA_MAX: '2',
}

async function start({ name, args, environment, logFile }: ChildSpec, hooks: ChildHooks): Promise<ChildProcess> {
  await rotate(logFile)
  const log = await open(logFile, 'a', 0o600)
  const child = spawn(process.execPath, args, {
    env: { ...defaults, ...process.env, ...environment },
    // Ctrl-C in the terminal is for the supervisor alone; it stops its children in order.
    detached: true,
    // A file and not a pipe: the child outlives a killed supervisor without breaking.
    stdio: ['ignore', log.fd, log.fd],
  })
  await once(child, 'spawn')
  await log.close()
  hooks.onStart(name, child.pid!)
  return child
}

async function rotate(file: string): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size < LOG_LIMIT_BYTES) return
  await rm(`${file}.${LOGS_KEPT}`, { force: true })
  for (let number = LOGS_KEPT - 1; number >= 1; number--) {
    await rename(`${file}.${number}`, `${file}.${number + 1}`).catch(() => {})
  }
  await rename(file, `${file}.1`)
}
