import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A process to start, that then belongs to nobody. */
export interface Birth {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  /** File that takes what it prints; it is appended to. */
  readonly log: string
}

/** What the process that starts others is told, and answers. */
export interface Order extends Birth {
  readonly id: number
}
export interface Answer {
  readonly id: number
  /** Why it could not be started. */
  readonly error?: string
  /** It has ended. */
  readonly isGone?: true
}

export interface Spawned {
  /** Settles when the process has ended, or when nobody is left to tell. */
  readonly gone: Promise<void>
}

export interface Spawner {
  /** Resolves when the process runs. @throws Error when it cannot be started, or nobody can tell whether it was */
  spawn(birth: Birth): Promise<Spawned>
}

/**
 * Starts processes by way of a small one of its own. To start a process the system copies what it knows of the memory
 * of the one that asks: milliseconds for a server, during which it does nothing else.
 */
export function createSpawner(): Spawner {
  const waiting = new Map<number, PromiseWithResolvers<Spawned>>()
  const living = new Map<number, PromiseWithResolvers<void>>()
  let lastId = 0
  let child: ChildProcess | undefined

  function hire(): ChildProcess {
    const hired = fork(join(import.meta.dirname, 'spawner-process.ts'), {
      execArgv: ['--max-semi-space-size=1'],
      // Ctrl-C is for the server. When that is gone, the channel closes, and it ends by itself.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    hired.on('message', ({ id, error, isGone }: Answer) => {
      if (isGone) return bury(id)
      if (error === undefined) waiting.get(id)?.resolve({ gone: living.get(id)?.promise ?? Promise.resolve() })
      else waiting.get(id)?.reject(new Error(error))
      if (error !== undefined) bury(id)
      waiting.delete(id)
      if (waiting.size === 0) hired.channel?.unref()
    })
    void once(hired, 'exit').then(mourn, mourn)
    hired.unref()
    return hired
  }

  function bury(id: number): void {
    living.get(id)?.resolve()
    living.delete(id)
  }

  function mourn(): void {
    child = undefined
    for (const { reject } of waiting.values()) reject(new Error('The process that starts others has ended.'))
    waiting.clear()
    for (const id of living.keys()) bury(id)
  }

  return {
    spawn(birth) {
      child ??= hire()
      const id = ++lastId
      const started = Promise.withResolvers<Spawned>()
      waiting.set(id, started)
      living.set(id, Promise.withResolvers())
      // Only an order that is open keeps this process alive.
      child.channel?.ref()
      child.send({ ...birth, id } satisfies Order, (error) => error && started.reject(error))
      return started.promise
    },
  }
}
