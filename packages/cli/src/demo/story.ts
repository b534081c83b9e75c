import type { ModelVersion } from '@evenkeel/contract'
import { trainBadSuccessor, pushBadSuccessor } from './acts/bad-successor.ts'
import { canaryEnded, startCanary } from './acts/canary.ts'
import { arrive, arriveBroken, fillOnlineStore, said } from './acts/data.ts'
import { inBackground, MONTHS, type StoryDeps } from './acts/deps.ts'
import { enterProduction, trainFirst } from './acts/first-model.ts'
import { followRun, monthEndRun, nextDecayRun } from './acts/retraining.ts'
import { sumUp } from './acts/sum-up.ts'
import { YEAR } from './flights.ts'
import { createReplay, type Replay } from './replay.ts'
import { NAMES, writeDataContract, writeEndpoints, writePipeline } from './setup.ts'

const DAY_MS = 86_400_000

/** Plays the loop on six months of real flights; every sentence it tells was read back from the platform. */
export async function playStory(deps: StoryDeps): Promise<void> {
  await open(deps)
  const replay = createReplay(deps.cast.airline, deps.load, NAMES)
  const months = createMonths(deps, replay)
  for (let month = 2; month <= 6; month++) await months.play(month)
  await months.end()
  await sumUp(deps)
}

/** Data, features, and the first model in production. */
async function open(deps: StoryDeps): Promise<void> {
  const { cast, facts } = deps
  await facts.play(1, 'Data', async (act) => {
    await writeDataContract(cast)
    return said(act, await arrive(deps, 1, await deps.fileOf(1)))
  })
  await facts.play(2, 'Features', async () => {
    await writePipeline(cast)
    await writeEndpoints(cast)
    return ''
  })
  // Training joins what serving looks up: neither waits for the other.
  const [first] = await Promise.all([trainFirst(deps), fillOnlineStore(deps)])
  await enterProduction(deps, first)
}

/** The months that are replayed, and what happens in them. */
function createMonths(deps: StoryDeps, replay: Replay) {
  const { flights, load, facts, say } = deps
  const attended = new Set<string>()
  /** The version whose canary is under watch. */
  let watching: number | undefined
  /** What follows from the end of a month: its data arrive, and there may be a retraining. */
  let monthEnd: Promise<unknown> | undefined
  let badSuccessor: Promise<ModelVersion> | undefined

  /** Holds the event clock while something needs looking at. */
  async function attend(month: number, endMs: number): Promise<void> {
    // The week's window closes soon, and a run in progress would keep it from starting another.
    if (endMs >= Date.UTC(YEAR, month - 1, 5)) await monthEnd
    const settled = replay.settle(endMs - (watching === undefined ? 4 : 2) * DAY_MS)
    const [run] = await Promise.all([nextDecayRun(deps, attended), settled])
    if (run) await retrain(month, run)
    if (watching === undefined && badSuccessor && endMs > Date.UTC(YEAR, 5, 18)) {
      watching = await pushBadSuccessor(deps, await badSuccessor)
      badSuccessor = undefined
    }
    if (watching !== undefined && (await canaryEnded(deps, watching, endMs))) watching = undefined
  }

  async function retrain(month: number, run: string): Promise<void> {
    const version = await followRun(deps, run)
    if (version.gate?.passed) watching = await startCanary(deps, version)
    if (month === 5) badSuccessor = inBackground(trainBadSuccessor(deps))
  }

  /** Read while the month before is played. */
  let next = inBackground(flights.departures(2))

  async function replayMonth(month: number): Promise<void> {
    say(`replaying ${MONTHS[month - 1]}`)
    const departures = await next
    if (month < 6) next = inBackground(flights.departures(month + 1))
    else flights.close()
    await facts.play(7, 'Replay', async (act) => {
      await replay.month(month, departures, (endMs) => attend(month, endMs))
      const { requests, sent, failed, retried, failures } = load.counts
      Object.assign(act.figures, { requests, predictions: sent, failedRequests: failed, retriedRequests: retried })
      act.must(failed === 0, `${failed} requests failed: ${failures.join('; ')}`)
      return `${sent.toLocaleString('en')} departures predicted over HTTP, ${failed} failed`
    })
  }

  async function endMonth(month: number): Promise<void> {
    if (month === 3) await facts.play(1, 'Data', async (act) => said(act, await arriveBroken(deps, month)))
    await facts.play(1, 'Data', async (act) => said(act, await arrive(deps, month, await deps.fileOf(month))))
    const run = await monthEndRun(deps, month, attended)
    if (run) await followRun(deps, run)
  }

  return {
    async play(month: number): Promise<void> {
      await replayMonth(month)
      await replay.settle(Date.UTC(YEAR, month, 1) - 3 * DAY_MS)
      monthEnd = inBackground(endMonth(month))
    },
    async end(): Promise<void> {
      await monthEnd
    },
  }
}
