import { importLimits, modelImportErrors } from '@evenkeel/contract'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failures } from '../../../platform/errors.ts'
import { createTurns } from '../../../platform/turns.ts'
import type { TrialAnswer, TrialJob } from './child-job.ts'

const fail = failures(modelImportErrors)

export type Answered = Extract<TrialAnswer, { readonly outputs: unknown }>

interface Limits {
  readonly seconds: number
  readonly memoryMiB: number
}

/**
 * Runs foreign models in a process of its own, one at a time: neither a crash nor what it takes in time or memory
 * reaches the server.
 */
export function createRunner({ seconds, memoryMiB }: Limits = defaults) {
  const inTurn = createTurns()

  /** @throws DomainError `registry.trial_failed` */
  return (job: TrialJob): Promise<Answered> =>
    inTurn('run', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'evenkeel-trial-'))
      try {
        const answer = await inChild(job, { folder, seconds, memoryMiB })
        if ('reason' in answer) throw refuse(answer.reason)
        return answer
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
}

const defaults: Limits = { seconds: importLimits.trialSeconds, memoryMiB: importLimits.trialMiB }

async function inChild(
  job: TrialJob,
  { folder, seconds, memoryMiB }: Limits & { readonly folder: string },
): Promise<TrialAnswer> {
  const child = fork(join(import.meta.dirname, 'child.ts'), [String(memoryMiB)], {
    cwd: folder,
    // The engine needs nothing of the server, least of all its secrets.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    execArgv: [],
    serialization: 'advanced',
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, seconds * 1000)
  const ended = once(child, 'exit').then(([code, signal]): TrialAnswer => {
    if (isLate) return { reason: `It took longer than ${seconds} s.` }
    if (signal === 'SIGKILL') return { reason: `It took more than ${memoryMiB} MiB of memory.` }
    return { reason: `The process that ran it crashed (${signal ?? `exit code ${code}`}).` }
  })
  try {
    return await Promise.race([exchange(child, job), ended])
  } finally {
    clearTimeout(timer)
    child.kill('SIGKILL')
    await ended
  }
}

/** The first message says that it listens, the second is the answer. */
async function exchange(child: ChildProcess, job: TrialJob): Promise<TrialAnswer> {
  const neverSent = (): Promise<never> => new Promise(() => {})
  await once(child, 'message')
  // A process that ends meanwhile is told by its exit.
  child.send(job, () => {})
  const [answer] = await once(child, 'message').catch(neverSent)
  return answer as TrialAnswer
}

const refuse = (reason: string) => fail('registry.trial_failed', { reason }, { why: reason })
