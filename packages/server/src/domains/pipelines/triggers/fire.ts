import { pipelinesEvents, TriggerSpec } from '@evenkeel/contract'
import { randomUUIDv7 } from 'node:crypto'
import { type Db, json } from '../../../platform/db.ts'
import { publish } from '../../../platform/events.ts'
import type { PipelinesDeps } from '../needs.ts'
import { type PlannedRun, storeRun } from '../runs.ts'
import { pipelinesStore } from '../store.ts'
import { type Considered, consider } from './consider.ts'
import { type FiringRow, firingsStore } from './firings-store.ts'
import { type Occasion, occasionOf } from './occasion.ts'
import { type TriggerKey, triggersStore, type TriggerRow } from './store.ts'
import { type Verdict, verdictOn } from './verdict.ts'

/**
 * Starts a run, or writes down why not, or what it waits for. The same occasion again changes nothing.
 *
 * @returns the id of the firing; `undefined` when there is no such pipeline
 */
export async function fire(deps: PipelinesDeps, trigger: TriggerRow, occasion: Occasion): Promise<string | undefined> {
  const known = await firingsStore(deps.db).firingFor(trigger, occasion.dedupeKey)
  return known?.id ?? decide(deps, trigger, occasion, undefined)
}

/** Decides a firing that waited, or lets it wait on. */
export async function fireWaiting(deps: PipelinesDeps, firing: FiringRow): Promise<void> {
  const key = { ...firing, name: firing.trigger }
  const trigger = await triggersStore(deps.db).findTrigger(key)
  if (trigger) await decide(deps, trigger, occasionOf(firing), firing)
  else await deps.db.transaction().execute((tx) => skipWaiting(tx, key, firing, 'The trigger was deleted.'))
}

async function decide(
  deps: PipelinesDeps,
  trigger: TriggerRow,
  occasion: Occasion,
  waiting: FiringRow | undefined,
): Promise<string | undefined> {
  const { project_id: projectId, pipeline } = trigger
  const version = await pipelinesStore(deps.db).newestVersion(projectId, pipeline)
  if (!version) return undefined
  const considered = await consider(deps, trigger, version, occasion)

  return deps.db.transaction().execute(async (tx) => {
    await pipelinesStore(tx).lockPipeline(projectId, pipeline)
    const known = await firingsStore(tx).firingFor(trigger, occasion.dedupeKey)
    if (known && !isUnchanged(known, waiting)) return known.id
    const id = known?.id ?? randomUUIDv7()
    return carryOut(tx, deps, trigger, occasion, await judge(tx, deps, trigger, considered, occasion, id), id)
  })
}

/** Nobody has decided it meanwhile, and nothing has joined it. */
const isUnchanged = ({ id, outcome, occasion }: FiringRow, waiting: FiringRow | undefined): boolean =>
  id === waiting?.id && outcome === 'pending' && occasion === waiting.occasion

/** Asked under the lock of the pipeline: another trigger may have been faster. */
async function judge(
  tx: Db,
  deps: PipelinesDeps,
  trigger: TriggerRow,
  considered: Considered,
  occasion: Occasion,
  id: string,
): Promise<Verdict<PlannedRun>> {
  const { project_id: projectId, pipeline } = trigger
  // Read again: it may have been paused, or written anew, since it was found.
  const current = (await triggersStore(tx).findTrigger(trigger)) ?? trigger
  const waiting = await firingsStore(tx).waitingFirings(projectId, pipeline)
  return verdictOn({
    ...considered,
    occasion: occasion.says,
    trigger: current,
    spec: TriggerSpec.parse(current.spec),
    projectPause: await triggersStore(tx).projectPause(projectId),
    openRun: (await pipelinesStore(tx).openRunOf(projectId, pipeline))?.id ?? null,
    waitingBefore: waiting.filter((other) => other.id < id).length,
    lastStartedAt: (await firingsStore(tx).lastStarted(trigger))?.fired_at ?? null,
    now: deps.now(),
  })
}

async function carryOut(
  tx: Db,
  deps: PipelinesDeps,
  trigger: TriggerRow,
  occasion: Occasion,
  verdict: Verdict<PlannedRun>,
  id: string,
): Promise<string> {
  const { outcome, says } = verdict
  const { kind, eventTime } = occasion
  const now = deps.now()
  const origin = { createdBy: `trigger ${trigger.name}`, userId: trigger.user_id, commit: deps.commit(), now }
  const runId =
    outcome === 'started'
      ? await storeRun(tx, verdict.run, { ...origin, trigger: { kind, says: clipped(says), eventTime } })
      : null
  if (outcome === 'pending' && verdict.replaces) await replaceOlder(tx, trigger, id)
  await firingsStore(tx).saveFiring({
    id,
    project_id: trigger.project_id,
    pipeline: trigger.pipeline,
    trigger: trigger.name,
    kind,
    dedupe_key: occasion.dedupeKey,
    outcome,
    says,
    occasion: occasion.says,
    evidence: json(occasion.evidence ?? {}),
    params: json(occasion.params ?? {}),
    depth: occasion.depth ?? 0,
    event_time: eventTime,
    waits_for: outcome === 'pending' ? 'run' : null,
    due_at: null,
    run_id: runId,
    fired_at: now,
  })
  if (outcome !== 'pending') await announce(tx, trigger, id, outcome, runId)
  return id
}

const longestReason = 1000

/** What monitors say may be longer than a run has room for. */
const clipped = (says: string): string => (says.length <= longestReason ? says : `${says.slice(0, longestReason - 1)}…`)

function announce(tx: Db, trigger: TriggerKey, id: string, outcome: 'started' | 'skipped', runId: string | null) {
  const { project_id: projectId, pipeline, name } = trigger
  const news = { projectId, subject: id, pipeline, trigger: name, outcome, runId }
  return publish(tx, pipelinesEvents, 'pipelines.trigger_fired', news)
}

async function replaceOlder(tx: Db, trigger: TriggerRow, id: string): Promise<void> {
  for (const older of await firingsStore(tx).pendingOf(trigger)) {
    if (older.waits_for !== 'run' || older.id >= id) continue
    await skipWaiting(tx, trigger, older, `The newer firing ${id} took its place.`)
  }
}

/** Ends the wait of a firing without a run. The pipeline must be locked. */
export async function skipWaiting(tx: Db, trigger: TriggerKey, firing: FiringRow, why: string): Promise<void> {
  await firingsStore(tx).saveFiring({
    ...firing,
    evidence: json(firing.evidence),
    params: json(firing.params),
    outcome: 'skipped',
    says: `${firing.occasion} Not started: ${why}`,
    waits_for: null,
    due_at: null,
  })
  await announce(tx, trigger, firing.id, 'skipped', null)
}
