import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TrialRequest, TrialResult } from './trial.ts'

const childPath = fileURLToPath(new URL('trial-child.ts', import.meta.url))

/** Tries models in a child process, so that neither a crash nor a slow load reaches the traffic. */
export interface TrialProcess {
  /** One at a time. Never rejects: a process that dies is a result, and the next trial starts another. */
  run(request: TrialRequest): Promise<TrialResult>
  stop(): void
}

export function createTrialProcess({ timeoutMs = 120_000 }: { timeoutMs?: number } = {}): TrialProcess {
  let child: ChildProcess | undefined

  function start(): ChildProcess {
    const started = fork(childPath, { serialization: 'advanced' })
    started.once('exit', () => {
      if (child === started) child = undefined
    })
    return started
  }

  return {
    async run(request) {
      child ??= start()
      return tryIn(child, request, timeoutMs)
    },
    stop() {
      child?.disconnect()
      child = undefined
    },
  }
}

function tryIn(child: ChildProcess, request: TrialRequest, timeoutMs: number): Promise<TrialResult> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    const finish = (result: TrialResult) => {
      clearTimeout(timer)
      child.removeAllListeners('message').removeAllListeners('error').off('exit', died)
      resolve(result)
    }
    const fail = (detail: string) => finish({ passed: false, reason: 'load', detail })
    const died = (code: number | null, signal: NodeJS.Signals | null) =>
      fail(
        `The process that tried the model ended (${signal ?? code}) before it had a result; ${timeoutMs} ms are allowed.`,
      )
    child.once('message', (result: TrialResult) => finish(result))
    child.once('error', (error) => fail(`The model could not be tried: ${error.message}.`))
    child.once('exit', died)
    child.send(request)
  })
}
