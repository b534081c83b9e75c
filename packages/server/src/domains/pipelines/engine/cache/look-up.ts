import type { CacheVerdict } from '@evenkeel/contract'
import type { BlobStore } from '../../../../platform/blobs/blob-store.ts'
import type { PipelinesDeps } from '../../needs.ts'
import type { PipelinesStore } from '../../store.ts'
import type { ResultRow } from '../../cache-store.ts'
import type { Harvest } from '../harvest.ts'
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
}

export type LookUp = (store: PipelinesStore, asked: Asked) => Promise<Found>

/** Looks for an earlier result that may take the place of a step, and says why there is none. */
export function createLookUp(deps: Pick<PipelinesDeps, 'blobs' | 'now' | 'programCode'>, plans: Plans): LookUp {
  return async (store, asked) => {
    const { plan, step, params, outputs, projectId } = asked
    const programCode = step.uses === null ? undefined : await deps.programCode(step.uses, params)
    const off = whyNotCached(step, { noCache: plan.noCache, programCode })
    if (off?.code === 'off') return { verdict: { ...off, fromRun: null } }
    const parts = partsOf(step, params, outputs, programCode)
    const key = cacheKeyOf(parts)
    if (off) return { verdict: { ...off, fromRun: null }, parts, key }
    const result = await store.findResult(projectId, key)
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
  for (const [name, { digest }] of Object.entries(outputs as Harvest['outputs'])) {
    if (!(await blobs.has(digest)))
      return { code: 'artifact_gone', says: `The output "${name}" of the result of ${at} is no longer stored.` }
  }
  return undefined
}

const reuseOf = ({ run_id, ended_at }: ResultRow): CacheVerdict => ({
  code: 'reused',
  says: `Nothing it depends on has changed since ${ended_at!.toISOString()}; that result is used.`,
  fromRun: run_id,
})

const reusedFrom = ({ run_id, step_key, outputs, small_values }: ResultRow): Reused => ({
  run: run_id,
  step: step_key,
  outputs: outputs as Harvest['outputs'],
  values: small_values as Harvest['values'],
})

async function whyNew(
  store: PipelinesStore,
  blobs: BlobStore,
  plans: Plans,
  { projectId, pipeline, runId, step }: Asked,
  parts: CacheParts,
): Promise<Reason> {
  const before = await store.stepBefore(projectId, pipeline, step.key, runId)
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
