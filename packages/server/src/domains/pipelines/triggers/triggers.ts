import {
  type DatasetVersion,
  datasetsEvents,
  monitoringEvents,
  pipelinesEvents,
  type TriggerReason,
  TriggerSpec,
} from '@evenkeel/contract'
import { randomUUIDv7 } from 'node:crypto'
import { DomainError } from '../../../platform/errors.ts'
import { on, publish, type Subscription } from '../../../platform/events.ts'
import type { PipelinesDeps } from '../needs.ts'
import type { Params } from '../engine/plan.ts'
import { specOf } from '../present.ts'
import { type PlannedRun, planRun, storeRun } from '../runs.ts'
import { pipelinesStore, type VersionRow } from '../store.ts'
import { triggersStore, type TriggerRow } from './store.ts'
import { whyNotFire } from './why-not-fire.ts'
import { completeMonths, type ResolvedWindow, resolveWindow, words } from './window.ts'

/** What made a trigger fire. */
interface Occasion {
  readonly kind: 'schedule' | 'decay'
  /** The same occasion fires once: a month as `2001-03`, or the id of an event. */
  readonly dedupeKey: string
  readonly says: string
  readonly eventTime: TriggerReason['eventTime']
}

interface Considered {
  /** Absent when there is a reason not to run. */
  readonly run?: PlannedRun
  readonly says: string
}

/** What listens for the occasions to run a pipeline. */
export function triggerSubscriptions(deps: PipelinesDeps): readonly Subscription[] {
  const triggersOn = async (projectId: string, matches: (spec: TriggerSpec) => boolean) => {
    const rows = await triggersStore(deps.db).triggersOf(projectId)
    return rows.filter(({ spec }) => isEnabled(spec) && matches(TriggerSpec.parse(spec)))
  }

  return [
    on(datasetsEvents, 'datasets.version_accepted', 'pipelines.schedule', async ({ projectId, dataset }) => {
      const isOn = ({ on: source }: TriggerSpec) => source.kind === 'schedule' && source.dataset === dataset
      for (const trigger of await triggersOn(projectId, isOn)) {
        const occasion = await monthEnded(deps, trigger, dataset)
        if (occasion) await fire(deps, trigger, occasion)
      }
    }),

    on(monitoringEvents, 'monitoring.performance_decayed', 'pipelines.decay', async (event, id) => {
      const { projectId, endpoint, says, eventTime } = event
      const isOn = ({ on: source }: TriggerSpec) => source.kind === 'decay' && source.endpoint === endpoint
      for (const trigger of await triggersOn(projectId, isOn)) {
        await fire(deps, trigger, { kind: 'decay', dedupeKey: id, says, eventTime })
      }
    }),
  ]
}

const isEnabled = (spec: unknown) => TriggerSpec.parse(spec).enabled

/** The newest complete month, when this trigger has not fired for it or a later one. */
async function monthEnded(deps: PipelinesDeps, trigger: TriggerRow, dataset: string): Promise<Occasion | undefined> {
  const versions = await everyVersion(deps, trigger.project_id, dataset)
  const newest = completeMonths(versions).at(-1)
  if (newest === undefined) return undefined
  const month = new Date(newest).toISOString().slice(0, 7)
  const before = await triggersStore(deps.db).newestMonth(trigger)
  if (before !== undefined && before >= month) return undefined
  return {
    kind: 'schedule',
    dedupeKey: month,
    says: `The data of "${dataset}" is complete to the end of ${month}.`,
    eventTime: newestEvent(versions),
  }
}

const everyVersion = (deps: PipelinesDeps, projectId: string, dataset: string): Promise<DatasetVersion[]> =>
  deps.datasets.versionsCovering(projectId, dataset, '0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z')

const newestEvent = (versions: readonly DatasetVersion[]): string | null =>
  versions
    .flatMap(({ eventTimeMax }) => eventTimeMax ?? [])
    .toSorted((a, b) => Date.parse(a) - Date.parse(b))
    .at(-1) ?? null

/** Starts a run, or writes down why not. The same occasion again changes nothing. */
async function fire(deps: PipelinesDeps, trigger: TriggerRow, occasion: Occasion): Promise<void> {
  const { project_id: projectId, pipeline } = trigger
  if (await triggersStore(deps.db).hasFired(trigger, occasion.dedupeKey)) return
  const version = await pipelinesStore(deps.db).newestVersion(projectId, pipeline)
  if (!version) return
  const considered = await consider(deps, trigger, version, occasion)

  await deps.db.transaction().execute(async (tx) => {
    await pipelinesStore(tx).lockPipeline(projectId, pipeline)
    if (await triggersStore(tx).hasFired(trigger, occasion.dedupeKey)) return
    // Asked again under the lock: another trigger may have been faster.
    const open = await pipelinesStore(tx).openRunOf(projectId, pipeline)
    const run = open ? undefined : considered.run
    const says = considered.run && open ? `The run ${open.id} of this pipeline is in progress.` : considered.says
    const reason: TriggerReason = { kind: occasion.kind, says, eventTime: occasion.eventTime }
    const origin = { trigger: reason, createdBy: `trigger ${trigger.name}`, userId: trigger.user_id }
    const runId = run ? await storeRun(tx, run, { ...origin, commit: deps.commit(), now: deps.now() }) : null
    const outcome = runId === null ? 'skipped' : 'started'
    const id = randomUUIDv7()
    await triggersStore(tx).addFiring({
      id,
      project_id: projectId,
      pipeline,
      trigger: trigger.name,
      kind: occasion.kind,
      dedupe_key: occasion.dedupeKey,
      outcome,
      says,
      event_time: occasion.eventTime,
      run_id: runId,
      fired_at: deps.now(),
    })
    await publish(tx, pipelinesEvents, 'pipelines.trigger_fired', {
      projectId,
      subject: id,
      pipeline,
      trigger: trigger.name,
      outcome,
      runId,
    })
  })
}

async function consider(
  deps: PipelinesDeps,
  trigger: TriggerRow,
  version: VersionRow,
  occasion: Occasion,
): Promise<Considered> {
  const spec = TriggerSpec.parse(trigger.spec)
  const months = completeMonths(await everyVersion(deps, trigger.project_id, spec.dataset))
  const window = resolveWindow(spec.window, months)
  const skip = (why: string): Considered => ({ says: `${occasion.says} Not retrained: ${why}` })
  if (typeof window === 'string') return skip(window)
  const why = await reasonAgainst(deps, version, spec, window, occasion)
  if (why !== undefined) return skip(why)

  const says = `${occasion.says} Trains on ${words(window.train)}, holds out ${words(window.holdout)}.`
  try {
    return { says, run: await planRun(deps, version, { ...spec.params, ...paramsOf(window) }) }
  } catch (error) {
    if (error instanceof DomainError) return skip(error.why)
    throw error
  }
}

async function reasonAgainst(
  deps: PipelinesDeps,
  version: VersionRow,
  { cooldownDays }: TriggerSpec,
  window: ResolvedWindow,
  { eventTime }: Occasion,
): Promise<string | undefined> {
  const { project_id: projectId, pipeline } = version
  const { model } = specOf(version)
  const store = pipelinesStore(deps.db)
  return whyNotFire({
    window,
    cooldownDays,
    eventTime,
    champion: model === undefined ? null : await deps.champion(projectId, model),
    rollout: model === undefined ? null : await deps.rolloutRunning(projectId, model),
    openRun: (await store.openRunOf(projectId, pipeline))?.id ?? null,
    sameSpans: (await store.newestRunWith(projectId, pipeline, paramsOf(window))) ?? null,
  })
}

/** The params that tell a run its spans, as ISO 8601 moments. */
const paramsOf = ({ train, holdout }: ResolvedWindow): Params => ({
  trainFrom: new Date(train.from).toISOString(),
  trainUntil: new Date(train.until).toISOString(),
  holdoutFrom: new Date(holdout.from).toISOString(),
  holdoutUntil: new Date(holdout.until).toISOString(),
})
