import { TriggerSpec } from '@evenkeel/contract'
import { DomainError } from '../../../platform/errors.ts'
import type { Params } from '../engine/plan.ts'
import type { PipelinesDeps } from '../needs.ts'
import { specOf } from '../present.ts'
import { versionInForce } from '../releases/store.ts'
import { type PlannedRun, planRun } from '../runs.ts'
import { pipelinesStore } from '../store.ts'
import { inDev } from '../target.ts'
import type { VersionRow } from '../version-store.ts'
import { whyTooFew } from './data.ts'
import { everyVersion } from './month-end.ts'
import { type Occasion, whyTooDeep } from './occasion.ts'
import type { TriggerRow } from './store.ts'
import { notRun, whenBusyOf } from './verdict.ts'
import { whyNotFire } from './why-not-fire.ts'
import { completeMonths, type ResolvedWindow, resolveWindow, words } from './window.ts'

export interface Considered {
  /** Absent when there is a reason not to run. */
  readonly run?: PlannedRun
  readonly says: string
}

/** What a run for this occasion would be, or why there should be none. */
export async function consider(
  deps: PipelinesDeps,
  trigger: TriggerRow,
  newest: VersionRow,
  occasion: Occasion,
): Promise<Considered> {
  const spec = TriggerSpec.parse(trigger.spec)
  const skip = (why: string): Considered => ({ says: `${occasion.says} ${notRun(spec)}: ${why}` })
  const held = occasion.against ?? whyTooDeep(occasion) ?? (await whyTooFew(deps, trigger, spec.on, occasion))
  if (held !== undefined) return skip(held)
  const version = await versionIn(deps, newest, spec.environment)
  if (typeof version === 'string') return skip(version)
  const window = await windowOf(deps, trigger, spec)
  if (typeof window === 'string') return skip(window)
  const why = await reasonAgainst(deps, version, spec, window, occasion)
  if (why !== undefined) return skip(why)

  const says = window
    ? `${occasion.says} Trains on ${words(window.train)}, holds out ${words(window.holdout)}.`
    : occasion.says
  try {
    const params = { ...spec.params, ...occasion.params, ...(window && paramsOf(window)) }
    const target = { ...inDev, environment: spec.environment ?? 'dev' }
    return { says, run: await planRun(deps, version, params, { target }) }
  } catch (error) {
    if (error instanceof DomainError) return skip(error.why)
    throw error
  }
}

/** What a trigger runs: the version in force where it belongs, or in words why none is. */
async function versionIn(
  deps: PipelinesDeps,
  newest: VersionRow,
  environment: TriggerSpec['environment'] = 'dev',
): Promise<VersionRow | string> {
  if (environment === 'dev') return newest
  const { project_id: projectId, pipeline } = newest
  const version = await versionInForce(deps.db, { projectId, pipeline }, environment)
  if (version === undefined) return `No version of ${pipeline} is in force in ${environment}; promote one.`
  return (await pipelinesStore(deps.db).findVersion(projectId, pipeline, version))!
}

async function windowOf(
  deps: PipelinesDeps,
  trigger: TriggerRow,
  spec: TriggerSpec,
): Promise<ResolvedWindow | string | null> {
  const dataset = datasetOf(spec)
  if (!spec.window || dataset === undefined) return null
  return resolveWindow(spec.window, completeMonths(await everyVersion(deps, trigger.project_id, dataset)))
}

/** The dataset a training window is cut from. */
export const datasetOf = ({ dataset, on }: Pick<TriggerSpec, 'dataset' | 'on'>): string | undefined =>
  dataset ?? ('dataset' in on ? on.dataset : undefined)

async function reasonAgainst(
  deps: PipelinesDeps,
  version: VersionRow,
  spec: TriggerSpec,
  window: ResolvedWindow | null,
  { eventTime }: Occasion,
): Promise<string | undefined> {
  const { project_id: projectId, pipeline } = version
  const { model } = specOf(version)
  const store = pipelinesStore(deps.db)
  const openRun = whenBusyOf(spec) === 'skip' ? await store.openRunOf(projectId, pipeline) : undefined
  return whyNotFire({
    window,
    cooldownDays: spec.cooldownDays,
    eventTime,
    champion: model === undefined ? null : await deps.champion(projectId, model),
    rollout: model === undefined ? null : await deps.rolloutRunning(projectId, model),
    openRun: openRun?.id ?? null,
    sameSpans: (window && (await store.newestRunWith(projectId, pipeline, paramsOf(window)))) ?? null,
  })
}

/** The params that tell a run its spans, as ISO 8601 moments. */
const paramsOf = ({ train, holdout }: ResolvedWindow): Params => ({
  trainFrom: new Date(train.from).toISOString(),
  trainUntil: new Date(train.until).toISOString(),
  holdoutFrom: new Date(holdout.from).toISOString(),
  holdoutUntil: new Date(holdout.until).toISOString(),
})
