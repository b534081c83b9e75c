import type { CacheVerdict, Metric } from '@evenkeel/contract'
import type { BlobStore } from '../../../../platform/blobs/blob-store.ts'
import type { PipelinesDeps } from '../../needs.ts'
import type { PipelinesStore } from '../../store.ts'
import { secretsStore } from '../../secrets/store.ts'
import type { ResultRow, StepBefore } from '../../cache-store.ts'
import type { RunTarget } from '../../target.ts'
import { missingPart } from '../folders.ts'
import type { Harvest } from '../harvest.ts'
import { lastOf } from '../metrics/follow.ts'
import { type Params, type RunPlan, type RunPlanStep, stepsByKey } from '../plan.ts'
import type { Plans } from '../plans.ts'
import { compareParts, firstChange } from './compare.ts'
import { remember } from './remember.ts'
import { type CacheParts, cacheKeyOf, partsOf, type StoredOutputs, whyNotCached } from './parts.ts'

/** Steps that are looked at, in the run they belong to; none of them needs another one. */
export interface Asked {
  readonly projectId: string
  readonly pipeline: string
  /** Absent when the run is only planned. */
  readonly runId?: string
  /** Where the run belongs: not every result is for it. */
  readonly target: RunTarget
  readonly plan: RunPlan
  readonly steps: readonly RunPlanStep[]
  readonly params: Params
  /** Of the steps their inputs come from. */
  readonly outputs: StoredOutputs
}

export interface Found {
  readonly step: string
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

/** @returns what was found for each of the steps, in their order */
export type LookUp = (store: PipelinesStore, asked: Asked) => Promise<readonly Found[]>

/** Looks for earlier results that may take the place of steps, and says why there are none. */
export function createLookUp(deps: Pick<PipelinesDeps, 'db' | 'blobs' | 'now' | 'programCode'>, plans: Plans): LookUp {
  const versionsFor = async (
    steps: readonly RunPlanStep[],
    projectId: string,
  ): Promise<ReadonlyMap<string, string>> => {
    if (steps.every(({ secrets }) => Object.keys(secrets).length === 0)) return new Map()
    return new Map((await secretsStore(deps.db).current(projectId)).map(({ name, id }) => [name, id]))
  }

  async function dependOn(asked: Asked, step: RunPlanStep, secrets: ReadonlyMap<string, string>): Promise<Depending> {
    const { plan, params, outputs } = asked
    const programCode = step.uses === null ? undefined : await deps.programCode(step.uses, params)
    const off = whyNotCached(step, { noCache: plan.noCache, programCode })
    if (off?.code === 'off') return { step, off }
    const parts = partsOf(plan, step, params, outputs, { programCode, secrets })
    return { step, off, parts, key: cacheKeyOf(parts) }
  }

  /** What is found for a step of which nothing is known but what it depends on. */
  async function judge({ step, key, parts, off }: Depending, result: ResultRow | undefined): Promise<Judged> {
    const head = { step: step.key, ...(parts && { parts, key }) }
    if (off) return { ...head, verdict: { ...off, fromRun: null } }
    const against = result && (await whyNotUsable(deps.blobs, result, step, deps.now()))
    if (result && !against) return { ...head, verdict: reuseOf(result), reused: reusedFrom(result) }
    return { ...head, verdict: against && { ...against, fromRun: null } }
  }

  return async (store, asked) => {
    const { steps, projectId, pipeline, runId, target } = asked
    const secrets = await versionsFor(steps, projectId)
    const depending: Depending[] = []
    for (const step of steps) depending.push(await dependOn(asked, step, secrets))
    const keys = depending.flatMap(({ off, key }) => (off ? [] : key!))
    const results = await store.findResults(projectId, keys, target)
    const judged: Judged[] = []
    for (const one of depending) judged.push(await judge(one, one.off ? undefined : results.get(one.key!)))
    const open = judged.flatMap(({ step, verdict }) => (verdict ? [] : [step]))
    const before = await store.stepsBefore({ projectId, pipeline, keys: open, runId }, target)
    const found: Found[] = []
    for (const [at, one] of judged.entries()) {
      const verdict = one.verdict ?? (await whyNew(deps.blobs, plans, store, steps[at]!, one.parts!, before))
      found.push({ ...one, verdict })
    }
    return found
  }
}

type Reason = Omit<CacheVerdict, 'fromRun'>

/** What the result of a step depends on; `off` says why no earlier one may take its place, whatever there is. */
interface Depending {
  readonly step: RunPlanStep
  readonly off: Reason | undefined
  readonly parts?: CacheParts
  readonly key?: string
}

/** Without a verdict, nothing like it has been found. */
type Judged = Omit<Found, 'verdict'> & { readonly verdict: CacheVerdict | undefined }

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
  blobs: BlobStore,
  plans: Plans,
  store: PipelinesStore,
  step: RunPlanStep,
  parts: CacheParts,
  stepsBefore: ReadonlyMap<string, StepBefore>,
): Promise<CacheVerdict> {
  const before = stepsBefore.get(step.key)
  if (!before) return { code: 'first', says: 'It has never run before.', fromRun: null }
  const then = stepsByKey(await plans(store, before.run_id)).get(step.key)
  const compared = compareParts(
    await remember(blobs, before.cache_parts as CacheParts, then),
    await remember(blobs, parts, step),
  )
  const says = `It has not succeeded with this before: in the run ${before.run_id} it ${before.state}.`
  return { ...(firstChange(compared) ?? { code: 'first', says }), fromRun: null }
}
