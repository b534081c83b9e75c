import { type CachePart, type CacheVerdict } from '@evenkeel/contract'
import type { z } from 'zod'
import type { BlobStore } from '../../platform/blobs/blob-store.ts'
import { compareParts } from './engine/cache/compare.ts'
import type { CacheParts } from './engine/cache/parts.ts'
import { remember } from './engine/cache/remember.ts'
import type { Plans } from './engine/plans.ts'
import type { PipelinesStore, RunRow, StepRow } from './store.ts'
import { targetOf } from './target.ts'

export interface Explanation {
  readonly verdict: CacheVerdict | null
  readonly comparedWith: { readonly run: string; readonly at: string } | null
  readonly parts: z.infer<typeof CachePart>[]
}

/** Compares what a step depends on with the time before. */
export async function explainStep(
  store: PipelinesStore,
  blobs: BlobStore,
  plans: Plans,
  run: RunRow,
  step: StepRow,
): Promise<Explanation> {
  const verdict = step.cache as CacheVerdict | null
  const after = await store.cachePartsOf(run.id, step.key)
  if (after === null) return { verdict, comparedWith: null, parts: [] }
  const { project_id: projectId, pipeline, id: runId } = run
  const found = await store.stepsBefore({ projectId, pipeline, keys: [step.key], runId }, targetOf(run))
  const before = found.get(step.key)
  if (!before) return { verdict, comparedWith: null, parts: [] }
  const planned = async (runId: string) => (await plans(store, runId)).steps.find(({ key }) => key === step.key)
  const parts = compareParts(
    await remember(blobs, before.cache_parts as CacheParts, await planned(before.run_id)),
    await remember(blobs, after as CacheParts, await planned(run.id)),
  )
  const at = (before.ended_at ?? run.created_at).toISOString()
  return { verdict, comparedWith: { run: before.run_id, at }, parts: [...parts] }
}
