import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Refusal, unavailable } from '../protocol/refusal.ts'
import type { Tensors } from '../protocol/tensor.ts'
import type { Scorer } from './scorer.ts'

export interface PoolJob {
  readonly inputs: Tensors
  readonly outputs: readonly string[]
}
export type PoolReply = { readonly outputs: Tensors } | { readonly error: string }

interface Waiting extends PoolJob {
  readonly deadlineAt: number
  readonly resolve: (outputs: Tensors) => void
  readonly reject: (error: Error) => void
}

const childPath = fileURLToPath(new URL('pool-child.ts', import.meta.url))
const maxWaiting = 1024
const breaker = { deaths: 3, withinMs: 60_000 }

/**
 * Runs the model in child processes, one run at a time in each. A run past its deadline is killed with its process;
 * after three deaths within a minute the model answers 503 for the rest of it.
 */
export function createPoolScorer({ modelPath, size }: { modelPath: string; size: number }): Scorer {
  const queue: Waiting[] = []
  const deaths: number[] = []
  const workers: Worker[] = []
  let drained: (() => void) | undefined

  const next = (): Waiting | undefined => {
    const job = queue.shift()
    if (!job && workers.every(({ busy }) => !busy)) drained?.()
    return job
  }
  const died = () => {
    deaths.push(performance.now())
    if (deaths.length > breaker.deaths) deaths.shift()
  }
  const isOpen = () => deaths.length === breaker.deaths && deaths[0]! > performance.now() - breaker.withinMs
  for (let i = 0; i < size; i++) workers.push(startWorker(modelPath, next, died))

  return {
    kind: 'pool',
    run(inputs, outputs, deadlineAt) {
      if (isOpen())
        throw unavailable('The process of this model died three times within a minute; it rests for a minute.')
      if (queue.length >= maxWaiting) throw unavailable('Too many requests wait for this model; send fewer, or later.')
      return new Promise((resolve, reject) => {
        queue.push({ inputs, outputs, deadlineAt, resolve, reject })
        workers.find(({ busy }) => !busy)?.wake()
      })
    },
    async close() {
      if (queue.length > 0 || workers.some(({ busy }) => busy))
        await new Promise<void>((resolve) => (drained = resolve))
      await Promise.all(workers.map((worker) => worker.stop()))
    },
  }
}

interface Worker {
  readonly busy: boolean
  wake(): void
  stop(): Promise<void>
}

function startWorker(modelPath: string, next: () => Waiting | undefined, died: () => void): Worker {
  let child: ChildProcess | undefined
  let job: Waiting | undefined
  let timer: NodeJS.Timeout | undefined
  let expired = false

  const finish = (settle: (job: Waiting) => void) => {
    clearTimeout(timer)
    const done = job
    job = undefined
    if (done) settle(done)
    take()
  }
  const start = (): ChildProcess => {
    const started = fork(childPath, [modelPath], { serialization: 'advanced' })
    started.on('message', (reply: PoolReply) =>
      finish((done) => ('error' in reply ? done.reject(new Error(reply.error)) : done.resolve(reply.outputs))),
    )
    started.on('error', () => undefined)
    started.on('exit', (code, signal) => {
      if (child === started) child = undefined
      if (!job) return
      died()
      const late = expired
      expired = false
      finish((done) => done.reject(late ? pastDeadline() : crashed(signal ?? `exit code ${code}`)))
    })
    return started
  }
  const take = () => {
    job = next()
    if (!job) return
    const leftMs = job.deadlineAt - performance.now()
    if (leftMs <= 0) return finish((late) => late.reject(pastDeadline()))
    child ??= start()
    timer = setTimeout(() => (expired = child?.kill('SIGKILL') ?? false), leftMs)
    child.send({ inputs: job.inputs, outputs: job.outputs } satisfies PoolJob)
  }
  child = start()

  return {
    get busy() {
      return job !== undefined
    },
    wake: take,
    async stop() {
      if (!child) return
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}

const pastDeadline = () =>
  new Refusal(504, 'The deadline passed before the model had answered; allow more time, or send fewer rows.')
const crashed = (how: string) => new Error(`The process of the model died in a run (${how}).`)
