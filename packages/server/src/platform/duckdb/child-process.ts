import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { failPlatform } from '../errors.ts'
import type { EngineSettings, Interrupt, QueryReply, QueryRequest } from './protocol.ts'

export interface Child {
  /**
   * Runs one query. One that takes longer is given up; if it does not even give up, the process is ended, and every
   * query in flight fails with it.
   */
  ask(request: Omit<QueryRequest, 'id'>, timeoutMs: number): Promise<QueryReply>
  stop(): Promise<void>
}

/** How long a query may take to notice that it was given up. */
const graceMs = 2000

interface Pending {
  resolve(reply: QueryReply): void
  reject(error: unknown): void
}

/** @param onExit - called when the process is gone or about to be: it takes no query any more */
export async function startChild(settings: EngineSettings, onExit: () => void): Promise<Child> {
  const child = fork(join(import.meta.dirname, 'child.ts'), [JSON.stringify(settings)], {
    // Results pass through its heap once; V8 would keep the room of the largest for ever.
    execArgv: ['--max-semi-space-size=8', '--heap-growing-percent=50'],
    serialization: 'advanced',
    // Ctrl-C is for the server: it stops the child when its queries are done.
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const pending = new Map<number, Pending>()
  let lastId = 0
  let reason: unknown

  const exited = once(child, 'exit').then(([code, signal]) => {
    const how = `DuckDB ended in the middle of the query (${signal ?? `exit code ${code}`}).`
    reason ??= failPlatform('platform.query_failed', { reason: how }, { why: how })
    for (const query of pending.values()) query.reject(reason)
    pending.clear()
    onExit()
  })
  await Promise.race([once(child, 'message'), exited.then(() => Promise.reject(reason))])
  child.on('message', (reply: QueryReply) => {
    pending.get(reply.id)?.resolve(reply)
    pending.delete(reply.id)
  })

  function exchange(id: number, request: Omit<QueryRequest, 'id'>): Promise<QueryReply> {
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject })
      if (reason === undefined) child.send({ ...request, id }, (error) => error && reject(error))
      else reject(reason)
    })
  }

  return {
    async ask(request, timeoutMs) {
      const id = ++lastId
      const timedOut = failPlatform('platform.query_timed_out', { timeoutMs })
      let isLate = false
      const interrupt = setTimeout(() => {
        isLate = true
        child.send({ interrupt: id } satisfies Interrupt, () => {})
      }, timeoutMs)
      const kill = setTimeout(() => {
        reason ??= timedOut
        onExit()
        child.kill('SIGKILL')
      }, timeoutMs + graceMs)
      try {
        const reply = await exchange(id, request)
        if (isLate && 'error' in reply) throw timedOut
        return reply
      } finally {
        clearTimeout(interrupt)
        clearTimeout(kill)
      }
    },
    async stop() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
