import { pipelinesEvents } from '@evenkeel/contract'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import type { Db } from '../../../platform/db.ts'
import { publish } from '../../../platform/events.ts'
import type { Log } from '../../../platform/logging.ts'
import type { Executor } from '../executors/executor.ts'
import { type AttemptRow, pipelinesStore, type PipelinesStore, type RunRow } from '../store.ts'
import { recordEnd, type Settled, settle } from './apply.ts'
import { type Attendant, createAttendant, type Journal } from './attendant.ts'
import { externalIdOf } from './external-id.ts'
import type { Plans } from './plans.ts'
import { changedRows, type Place, runFields, statesOf } from './rows.ts'
import { hasEnded, type States } from './states.ts'

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
   * Without a change it only looks. A run that does not exist is passed over.
   */
  advance(runId: string, change?: (locked: Locked) => Promise<States>): Promise<void>
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
  readonly executor: Executor
  /** Id of this host: it survives a restart. */
  readonly host: string
  readonly plans: Plans
  readonly journal: (engine: Pick<Engine, 'advance'>) => Journal
}

const beatMs = 2000
const unseenMs = 60_000
/** A host that is silent for so long is gone; its attempts are lost. */
const hostGoneMs = 10 * 60_000
/** Timers cannot hold more. */
const longestTimerMs = 2 ** 31 - 1

export function createEngine({ db, blobs, log, now, executor, host, plans, journal }: EngineNeeds): Engine {
  const place: Place = { executor: executor.kind, host }
  const alarms = new Map<string, NodeJS.Timeout>()
  let beat: NodeJS.Timeout | undefined
  const attendant = createAttendant({ executor, blobs, log, journal: journal({ advance }) })

  async function advance(runId: string, change = keep): Promise<void> {
    const done = await db.transaction().execute((tx) => advanceIn(tx, runId, change, { place, plans }, now()))
    if (!done) return
    carryOut(attendant, done.attempts)
    setAlarm(runId, done.wakeAt)
  }

  /** The first alarm clock; when this process dies, the sweep is the second. */
  function setAlarm(runId: string, wakeAt: number | null): void {
    clearTimeout(alarms.get(runId))
    alarms.delete(runId)
    if (wakeAt === null) return
    const waitMs = Math.min(Math.max(wakeAt - now().getTime(), 0), longestTimerMs)
    alarms.set(runId, setTimeout(() => look(runId), waitMs).unref())
  }

  function look(runId: string): void {
    advance(runId).catch((error: unknown) => log.error({ err: error, runId }, 'a run could not be looked at'))
  }

  /** Tells that this host lives, and picks up what it should attend to: also what another server decided. */
  async function pulse(): Promise<void> {
    carryOut(attendant, await pipelinesStore(db).markSeen(host, now()))
  }

  async function lookAtAll(unseenSince: Date): Promise<void> {
    for (const runId of await pipelinesStore(db).runsToLookAt(now(), unseenSince)) await advance(runId)
  }

  return {
    advance,

    async start() {
      await reportStrangers(db, executor, log)
      await pulse()
      await lookAtAll(now())
      beat = setInterval(() => {
        pulse().catch((error: unknown) => log.warn({ err: error }, 'the pipelines of this host could not be read'))
      }, beatMs)
    },

    async sweep() {
      const abandoned = await pipelinesStore(db).abandonedAttempts(new Date(now().getTime() - hostGoneMs))
      for (const attempt of abandoned) await advance(attempt.run_id, loseAttempt(attempt))
      await lookAtAll(new Date(now().getTime() - unseenMs))
    },

    async stop() {
      clearInterval(beat)
      for (const alarm of alarms.values()) clearTimeout(alarm)
      alarms.clear()
      await attendant.close()
    },
  }
}

const keep = async ({ states }: Locked): Promise<States> => states

interface Advanced {
  readonly attempts: readonly AttemptRow[]
  readonly wakeAt: number | null
}

async function advanceIn(
  tx: Db,
  runId: string,
  change: (locked: Locked) => Promise<States>,
  { place, plans }: { readonly place: Place; readonly plans: Plans },
  now: Date,
): Promise<Advanced | undefined> {
  const store = pipelinesStore(tx)
  const run = await store.lockRun(runId)
  if (!run) return undefined
  const before = statesOf(run, await store.stepsOf([runId]), await store.attemptStatesOf(runId))
  const changed = await change({ tx, store, run, states: before, now: now.getTime() })
  const settled = settle(await plans(store, runId), changed, now.getTime())
  const saved = await save(store, run, before, settled, place, now)
  await announce(tx, run, before, settled.states)
  const moved = new Set(settled.effects.map((effect) => externalIdOf(runId, effect)))
  return { attempts: saved.filter(({ external_id }) => moved.has(external_id)), wakeAt: settled.wakeAt }
}

async function save(
  store: PipelinesStore,
  run: RunRow,
  before: States,
  { states, wakeAt }: Settled,
  place: Place,
  now: Date,
): Promise<AttemptRow[]> {
  const wake = wakeAt === null ? null : new Date(wakeAt)
  await store.saveRun(run.id, { ...runFields(states), wake_at: wake, looked_at: now })
  const { steps, attempts } = changedRows(run, before, states, place, now)
  if (steps.length > 0) await store.saveSteps(steps)
  return attempts.length > 0 ? store.saveAttempts(attempts) : []
}

async function announce(tx: Db, run: RunRow, before: States, after: States): Promise<void> {
  if (after.run.state === before.run.state && after.steps.every(({ state }, at) => state === before.steps[at]!.state)) {
    return
  }
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
  ({ step_key, attempt }: AttemptRow) =>
  async ({ states, now }: Locked): Promise<States> =>
    recordEnd(
      states,
      { step: step_key, attempt },
      { outcome: 'lost', reason: 'Its host has given no sign of life for ten minutes.' },
      now,
    )

/** Jobs that run although their attempt has ended are ended; jobs that nobody knows are somebody else's to judge. */
async function reportStrangers(db: Db, executor: Executor, log: Log): Promise<void> {
  const jobs = await executor.list()
  if (jobs.length === 0) return
  const rows = await pipelinesStore(db).attemptsByExternalId(jobs.map(({ externalId }) => externalId))
  const states = new Map(rows.map((row) => [row.external_id, row.ended_at]))
  for (const { externalId, handle } of jobs) {
    const endedAt = states.get(externalId)
    if (endedAt) await executor.cancel(handle, 'kill')
    if (endedAt === undefined) log.warn({ externalId, handle }, 'a job runs here that no run knows')
  }
}
