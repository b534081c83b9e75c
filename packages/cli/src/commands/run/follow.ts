import type { Run, RunStep } from '@evenkeel/contract'
import { setTimeout as delay } from 'node:timers/promises'
import type { Output } from '../../output.ts'
import { createNews, overall, stepLine, type Typical } from './progress.ts'
import { hasEnded, type Pipelines, waitingApproval } from './runs.ts'

const pauseMs = 500
/** The exit code of a program that was interrupted. */
export const interrupted = 130

/**
 * Tells what a run does until it ends or only people can move it on, or until Ctrl-C, which leaves it to itself.
 *
 * @param again - the command that follows it again
 * @returns the run as it was last seen
 */
export async function followRun(
  api: Pipelines,
  started: Run,
  output: Output,
  typical: Typical = new Map(),
  again = `evenkeel run show ${started.id} --follow`,
) {
  const stop = onInterrupt()
  try {
    const newsOf = createNews()
    let run = started
    for (; ; run = await api.getRun({ params: { run: run.id } })) {
      for (const step of newsOf(run, Date.now())) tell(run, step, output, typical)
      if (hasEnded(run.state)) return { run, interrupted: false }
      if (waitingApproval(run)) return { run, interrupted: false }
      if (await stop.waits(pauseMs)) break
    }
    output.say(`the run goes on; follow it again with: ${again}`)
    return { run, interrupted: true }
  } finally {
    stop.done()
  }
}

function tell(run: Run, step: RunStep, output: Output, typical: Typical): void {
  const { key, state, reason, progress } = step
  const more = state === 'running' ? `   (${overall(run, typical, Date.now())})` : ''
  const event = { event: 'step', run: run.id, step: key, state, reason, ...(state === 'running' && { progress }) }
  output.tell(event, `${stamp()}${stepLine(step)}${more}`)
}

/** A terminal shows when by itself; a log file does not. */
const stamp = (): string => (process.stderr.isTTY ? '' : `${new Date().toISOString()} `)

/** Hears of Ctrl-C once; the second one ends the program as always. */
export function onInterrupt() {
  const controller = new AbortController()
  const hear = () => controller.abort()
  process.once('SIGINT', hear)
  return {
    /** @returns whether it was interrupted */
    waits: (ms: number): Promise<boolean> => delay(ms, false, { signal: controller.signal }).catch(() => true),
    done: () => void process.off('SIGINT', hear),
  }
}
