import type { CacheVerdict, Metric } from '@evenkeel/contract'
import type { BlobStore } from '../../../../platform/blobs/blob-store.ts'
import type { PipelinesDeps } from '../../needs.ts'
import type { PipelinesStore } from '../../store.ts'
import { secretsStore } from '../../secrets/store.ts'
import type { ResultRow } from '../../cache-store.ts'
import type { RunTarget } from '../../target.ts'
import { missingPart } from '../folders.ts'
import type { Harvest } from '../harvest.ts'
import { lastOf } from '../metrics/follow.ts'
import type { Params, RunPlan, RunPlanStep } from '../plan.ts'
import type { Plans } from '../plans.ts'
import { compareParts, firstChange } from './compare.ts'
import { remember } from './remember.ts'
import { type CacheParts, cacheKeyOf, partsOf, type StoredOutputs, whyNotCached } from './parts.ts'

/** The step that is looked at, in the run it belongs to. */
export interface Asked {
  readonly projectId: string
  readonly pipeline: string
  /** Absent when the run is only planned. */
  readonly runId?: string
  /** Where the run belongs: not every result is for it. */
  readonly target: RunTarget
  readonly plan: RunPlan
  readonly step: RunPlanStep
  readonly params: Params
  /** Of the steps its inputs come from. */
  readonly outputs: StoredOutputs
}

export interface Found {
  readonly verdict: CacheVerdict
  /** Absent when nobody may take its result over later. */
  readonly parts?: CacheParts
  readonly key?: string
  readonly reused?: Reused
}

/** A result taken over: where it comes from, and what it is. */
export interface Reused extends Harvest {
  readonly run: string
  readonly step: string
  /** The newest value of each series. */
  readonly metrics: readonly Metric[]
}

export type LookUp = (store: PipelinesStore, asked: Asked) => Promise<Found>

/** Looks for an earlier result that may take the place of a step, and says why there is none. */
export function createLookUp(deps: Pick<PipelinesDeps, 'db' | 'blobs' | 'now' | 'programCode'>, plans: Plans): LookUp {
  const versionsFor = async ({ secrets }: RunPlanStep, projectId: string): Promise<ReadonlyMap<string, string>> => {
    if (Object.keys(secrets).length === 0) return new Map()
    return new Map((await secretsStore(deps.db).current(projectId)).map(({ name, id }) => [name, id]))
  }

  return async (store, asked) => {
    const { plan, step, params, outputs, projectId } = asked
    const programCode = step.uses === null ? undefined : await deps.programCode(step.uses, params)
    const off = whyNotCached(step, { noCache: plan.noCache, programCode })
    if (off?.code === 'off') return { verdict: { ...off, fromRun: null } }
    const parts = partsOf(plan, step, params, outputs, { programCode, secrets: await versionsFor(step, projectId) })
    const key = cacheKeyOf(parts)
    if (off) return { verdict: { ...off, fromRun: null }, parts, key }
    const result = await store.findResult(projectId, key, asked.target)
    const against = result && (await whyNotUsable(deps.blobs, result, step, deps.now()))
    if (result && !against) return { verdict: reuseOf(result), parts, key, reused: reusedFrom(result) }
    const verdict = against ?? (await whyNew(store, deps.blobs, plans, asked, parts))
    return { verdict: { ...verdict, fromRun: null }, parts, key }
  }
}

type Reason = Omit<CacheVerdict, 'fromRun'>

async function whyNotUsable(
  blobs: BlobStore,
  { ended_at, outputs }: ResultRow,
  { cache }: RunPlanStep,
  now: Date,
): Promise<Reason | undefined> {
  const ttlSeconds = typeof cache === 'object' ? cache.ttlSeconds : Infinity
  const at = ended_at!.toISOString()
  if (now.getTime() - ended_at!.getTime() > ttlSeconds * 1000)
    return { code: 'expired', says: `The result of ${at} is older than the ${ttlSeconds} s that it may be.` }
  for (const [name, output] of Object.entries(outputs as Harvest['outputs'])) {
    const missing = await missingPart(blobs, output)
    if (missing === undefined) continue
    const what = missing === output.digest ? '' : `a file (${missing}) of `
    const says = `${what}the output "${name}" of the result of ${at} is no longer stored.`
    return { code: 'artifact_gone', says: says.charAt(0).toUpperCase() + says.slice(1) }
  }
  return undefined
}

const reuseOf = ({ run_id, ended_at }: ResultRow): CacheVerdict => ({
  code: 'reused',
  says: `Nothing it depends on has changed since ${ended_at!.toISOString()}; that result is used.`,
  fromRun: run_id,
})

const reusedFrom = ({ run_id, step_key, outputs, small_values, metrics }: ResultRow): Reused => ({
  run: run_id,
  step: step_key,
  outputs: outputs as Harvest['outputs'],
  values: small_values as Harvest['values'],
  metrics: lastOf(metrics),
})

async function whyNew(
  store: PipelinesStore,
  blobs: BlobStore,
  plans: Plans,
  { projectId, pipeline, runId, step, target }: Asked,
  parts: CacheParts,
): Promise<Reason> {
  const before = await store.stepBefore(projectId, pipeline, step.key, runId, target)
  if (!before) return { code: 'first', says: 'It has never run before.' }
  const then = (await plans(store, before.run_id)).steps.find(({ key }) => key === step.key)
  const compared = compareParts(
    await remember(blobs, before.cache_parts as CacheParts, then),
    await remember(blobs, parts, step),
  )
  return (
    firstChange(compared) ?? {
      code: 'first',
      says: `It has not succeeded with this before: in the run ${before.run_id} it ${before.state}.`,
    }
  )
}
