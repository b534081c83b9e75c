import { pipelinesEvents } from '@evenkeel/contract'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import type { Db } from '../../../platform/db.ts'
import { publish } from '../../../platform/events.ts'
import type { Log } from '../../../platform/logging.ts'
import { createTurns } from '../../../platform/turns.ts'
import type { SaveRequests } from '../approvals/requests.ts'
import type { Executor } from '../executors/executor.ts'
import { type AttemptRow, pipelinesStore, type PipelinesStore, type RunRow } from '../store.ts'
import { recordEnd, requestCancel, type Settled } from './apply.ts'
import { type Attendant, createAttendant, type Journal } from './attendant.ts'
import type { LookUp } from './cache/look-up.ts'
import { createJumpWatch } from './clock-jump.ts'
import { expandPlan } from './expansion.ts'
import { readExpansions, saveExpansions } from './expansion-rows.ts'
import { createHearing, type Hear, hearAll, type News } from './hearing.ts'
import { settleWithLookUps } from './look-ups.ts'
import { createMemory } from './memory.ts'
import { needsPlaces, noPlaces, type Places, runsToWake } from './places.ts'
import { placesStore, readPlaces } from './places-store.ts'
import { type RunPlan, stepsByKey } from './plan.ts'
import type { Plans } from './plans.ts'
import type { CheckInputs } from './quarantine.ts'
import { reportStrangers } from './strangers.ts'
import { type AttemptReport, changedAttempts, changedSteps, leftRows, type Place, runFields, statesOf } from './rows.ts'
import { hasEnded, type RunNow, type States } from './states.ts'

/** The protocol of plan and states that this release writes. */
export const engineProtocol = 1

/** What a change of a run sees: its row is locked until the transaction ends. */
export interface Locked {
  readonly tx: Db
  readonly store: PipelinesStore
  readonly run: RunRow
  readonly states: States
  /** Epoch milliseconds. */
  readonly now: number
}

export interface Engine {
  /**
   * Locks a run, changes its states, decides until nothing is left to do, stores all of it, and then does it.
   * A run that does not exist is passed over.
   */
  advance(runId: string, change: Change): Promise<void>
  /** Takes in what is told about an attempt, together with all else that is told of its run meanwhile. */
  readonly hear: Hear
  /** Decides about a run anew: something has happened somewhere. */
  look(runId: string): Promise<void>
  /** Adopts what runs on this host and looks at every open run. */
  start(): Promise<void>
  /** Looks at runs that nobody has looked at for a while, and gives up attempts of hosts that are gone. */
  sweep(): Promise<void>
  /** Lets go of everything; jobs go on running and are adopted by the next start. */
  stop(): Promise<void>
}

export interface EngineNeeds {
  readonly db: Db
  readonly blobs: BlobStore
  readonly log: Log
  readonly now: () => Date
  /** By the name of the target. */
  readonly executors: ReadonlyMap<string, Executor>
  /** Id of this host: it survives a restart. */
  readonly host: string
  readonly plans: Plans
  readonly lookUp: LookUp
  readonly checkInputs: CheckInputs
  /** Has a run looked at once the transaction is committed. */
  readonly wake: (tx: Db, runId: string) => Promise<unknown>
  readonly saveRequests: SaveRequests
  readonly journal: (engine: Pick<Engine, 'hear'>) => Journal
}

const beatMs = 2000
const unseenMs = 60_000
/** A host that is silent for so long is gone; its attempts are lost. */
const hostGoneMs = 10 * 60_000
/** Timers cannot hold more. */
const longestTimerMs = 2 ** 31 - 1

export function createEngine(needs: EngineNeeds): Engine {
  const { db, blobs, log, now, executors, host, plans, lookUp, checkInputs, saveRequests, wake, journal } = needs
  const memory = createMemory()
  const inTurn = createTurns()
  const jumpedMs = createJumpWatch(() => now().getTime())
  /** A jump that the database has not heard of yet. */
  let owedMs = 0
  const alarms = new Map<string, NodeJS.Timeout>()
  let beat: NodeJS.Timeout | undefined
  let starting: Promise<void> | undefined
  let strangers: Promise<unknown> | undefined
  let stopped = false
  const hear = createHearing(inTurn, (runId, news) =>
    advanceNow(runId, async ({ states, now }) => hearAll(news, states, now)),
  )
  const attendant = createAttendant({ executors, blobs, log, checkInputs, journal: journal({ hear }) })

  async function advance(runId: string, change: Change): Promise<void> {
    await inTurn(runId, () => advanceNow(runId, async (locked) => ({ states: await change(locked), reports: [] })))
  }

  async function advanceNow(runId: string, change: Changing): Promise<RunNow | undefined> {
    await followClock()
    const done = await db.transaction().execute(async (tx) => {
      const store = pipelinesStore(tx)
      const run = await store.lockRun(runId)
      return run && advanceIn({ tx, store, run, now: now() }, change)
    })
    if (!done) return undefined
    memory.remember(runId, done.revision, done.states)
    carryOut(attendant, done.attempts)
    setAlarm(runId, done.wakeAt)
    for (const other of done.cancels) await giveWay(other, runId)
    return done.states.run
  }

  /** When this fails, the run that waits asks again as soon as it is looked at. */
  async function giveWay(runId: string, newer: string): Promise<void> {
    await advance(runId, async ({ run, states, now }) =>
      hasEnded(run) ? states : requestCancel(states, `The newer run ${newer} took its place.`, now),
    ).catch((error: unknown) => log.warn({ err: error, runId }, 'a run could not be cancelled for a newer one'))
  }

  async function advanceIn(opened: Opened, change: Changing): Promise<Advanced> {
    const { tx, store, run, now } = opened
    const plan = await plans(store, run.id)
    const before = memory.recall(run) ?? (await readExpansions(store, run.id, plan, await readStates(store, run, plan)))
    const { states: changed, reports } = await change({ tx, store, run, states: before, now: now.getTime() })
    const left = leftRows(reports)
    if (left.length > 0) await store.saveLeft({ projectId: run.project_id, runId: run.id }, left)
    const places = await openPlaces(tx, run, plan)
    const settled = await settleWithLookUps({ store, run, plan, places, lookUp }, changed, now.getTime())
    const known = expandPlan(plan, settled.states)
    const steps = stepsByKey(known)
    const placeOf = (step: string): Place => ({ executor: steps.get(step)!.runsOn, host })
    const saved = await save(opened, { before, reports }, settled, placeOf)
    await saveExpansions(store, run.id, known, { before, after: settled.states })
    if (places !== noPlaces) for (const other of runsToWake(places, plan, settled.states)) await wake(tx, other)
    await announce(tx, run, before, settled.states)
    await saveRequests({ tx, run, plan: known, states: settled.states }, before, now)
    const moved = new Set(settled.effects.map(({ step, attempt }) => `${attempt} ${step}`))
    return {
      attempts: saved.filter(({ attempt, step_key }) => moved.has(`${attempt} ${step_key}`)),
      wakeAt: settled.wakeAt,
      cancels: settled.cancels,
      revision: run.revision + 1,
      states: settled.states,
    }
  }

  /** The first alarm clock; when this process dies, the sweep is the second. */
  function setAlarm(runId: string, wakeAt: number | null): void {
    clearTimeout(alarms.get(runId))
    alarms.delete(runId)
    if (wakeAt === null) return
    const waitMs = Math.min(Math.max(wakeAt - now().getTime(), 0), longestTimerMs)
    alarms.set(runId, setTimeout(() => tryToLook(runId), waitMs).unref())
  }

  async function look(runId: string): Promise<void> {
    await hear(runId, (states) => ({ states }))
  }

  function tryToLook(runId: string): void {
    look(runId).catch((error: unknown) => log.error({ err: error, runId }, 'a run could not be looked at'))
  }

  /** A clock that was set must neither end what runs here before its time, nor let it run for ever. */
  function followClock(): Promise<void> {
    return inTurn('clock', async () => {
      owedMs += jumpedMs()
      if (owedMs === 0) return
      log.warn({ jumpMs: owedMs }, 'the clock of this machine has jumped; what runs here is told in its new time')
      await followJump(db, host, { jumpMs: owedMs, now: now() })
      owedMs = 0
    })
  }

  /** Tells that this host lives, and picks up what it should attend to: also what another server decided. */
  async function pulse(): Promise<void> {
    await followClock()
    carryOut(attendant, await pipelinesStore(db).markSeen(host))
  }

  async function lookAtAll(unseenSince: Date): Promise<void> {
    for (const runId of await pipelinesStore(db).runsToLookAt(now(), unseenSince)) await look(runId)
  }

  async function begin(): Promise<void> {
    strangers = reportStrangers(db, executors, log)
    await pulse()
    await lookAtAll(now())
    if (!stopped)
      beat = setInterval(() => {
        pulse().catch((error: unknown) => log.warn({ err: error }, 'the pipelines of this host could not be read'))
      }, beatMs)
  }

  return {
    advance,
    hear,
    look,

    start() {
      starting = begin()
      return starting
    },

    async sweep() {
      const abandoned = await pipelinesStore(db).abandonedAttempts(host, hostGoneMs)
      for (const attempt of abandoned) await hear(attempt.run_id, loseAttempt(attempt))
      await lookAtAll(new Date(now().getTime() - unseenMs))
    },

    async stop() {
      stopped = true
      // What it reads must not be closed under it.
      await starting?.catch(() => undefined)
      await strangers
      clearInterval(beat)
      for (const alarm of alarms.values()) clearTimeout(alarm)
      alarms.clear()
      await attendant.close()
    },
  }
}

type Change = (locked: Locked) => Promise<States>
type Changing = (locked: Locked) => Promise<Omit<Told, 'before'> & { readonly states: States }>

interface Opened {
  readonly tx: Db
  readonly store: PipelinesStore
  readonly run: RunRow
  readonly now: Date
}

interface Advanced {
  readonly attempts: readonly AttemptRow[]
  readonly wakeAt: number | null
  readonly cancels: readonly string[]
  readonly revision: number
  readonly states: States
}

async function readStates(store: PipelinesStore, run: RunRow, { steps }: RunPlan): Promise<States> {
  const approvals = steps.some(({ approval }) => approval) ? await store.approvalStatesOf([run.id]) : []
  return statesOf(run, await store.stepsOf([run.id]), await store.attemptStatesOf(run.id), approvals)
}

/** Locks the places of the project, after the run: whoever changes who holds or wants one does it in this order. */
async function openPlaces(tx: Db, run: RunRow, plan: RunPlan): Promise<Places> {
  if (!needsPlaces(plan)) return noPlaces
  await placesStore(tx).lock(run.project_id)
  return readPlaces(tx, run)
}

interface Told {
  readonly before: States
  readonly reports: readonly AttemptReport[]
}

function save(
  { store, run, now }: Opened,
  { before, reports }: Told,
  { states, wakeAt }: Settled,
  placeOf: (step: string) => Place,
): Promise<AttemptRow[]> {
  return store.saveStates(
    { projectId: run.project_id, runId: run.id },
    {
      run: runFields(states),
      wakeAt: wakeAt === null ? null : new Date(wakeAt),
      now,
      steps: changedSteps(before, states),
      attempts: changedAttempts(run.id, { before, after: states, reports }, placeOf),
    },
  )
}

async function announce(tx: Db, run: RunRow, before: States, after: States): Promise<void> {
  const isSame = after.steps.every(
    ({ key, state }, at) => before.steps[at]?.key === key && before.steps[at].state === state,
  )
  if (after.run.state === before.run.state && isSame) return
  const { project_id: projectId, id: runId, pipeline, model } = run
  const news = { projectId, subject: runId, runId, pipeline, state: after.run.state }
  await publish(tx, pipelinesEvents, 'pipelines.run_changed', news)
  if (hasEnded(before.run) || !hasEnded(after.run)) return
  await publish(tx, pipelinesEvents, 'pipelines.run_ended', { ...news, model })
}

function carryOut(attendant: Attendant, attempts: readonly AttemptRow[]): void {
  for (const attempt of attempts) attendant.attend(attempt)
}

const loseAttempt =
  ({ step_key, attempt }: AttemptRow): News =>
  (states, now) => ({
    states: recordEnd(
      states,
      { step: step_key, attempt },
      { outcome: 'lost', reason: 'Its host has given no sign of life for ten minutes.' },
      now,
    ),
  })

async function followJump(db: Db, host: string, { jumpMs, now }: { jumpMs: number; now: Date }): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const store = pipelinesStore(tx)
    const runIds = await store.lockRunsOn(host)
    // Whoever looked last did so with the last beat at the latest.
    const since = new Date(now.getTime() - 2 * beatMs)
    if (runIds.length > 0) await store.moveStarts(host, runIds, { jumpMs, since, now })
  })
}
