import type { AttemptRuntime, Reproduction } from '@evenkeel/contract'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import { compareParts } from '../engine/cache/compare.ts'
import type { CacheParts } from '../engine/cache/parts.ts'
import { remember } from '../engine/cache/remember.ts'
import { type RunPlan, stepsByKey } from '../engine/plan.ts'
import type { PipelinesDeps } from '../needs.ts'
import type { AttemptRow } from '../store.ts'
import type { Reproduces } from '../target.ts'
import type { StoredResult } from './results.ts'
import { reproductionsStore } from './store.ts'

type Surroundings = Reproduction['surroundings']

/** A run, what it was planned on, and what its steps have left. */
export interface Side {
  readonly id: string
  readonly commit: string
  readonly plan: RunPlan
  readonly results: ReadonlyMap<string, StoredResult>
}

interface Compared {
  readonly before: Side
  readonly after: Side
  readonly reproduces: Reproduces
}

/** What is other than it was, beside the steps themselves. */
export async function compareSurroundings(
  { db, blobs }: Pick<PipelinesDeps, 'db' | 'blobs'>,
  { before, after, reproduces }: Compared,
): Promise<Surroundings> {
  const found: Surroundings = [...softwareChanges(reproduces), ...commitChange(before, after, reproduces)]
  const store = reproductionsStore(db)
  const [then, now] = [await store.partsOf(before.id), await store.partsOf(after.id)]
  for (const [step, { made }] of after.results) {
    const changes = [
      ...attemptChanges(before.results.get(step)?.made, made),
      ...(await partChanges(blobs, step, { ...before, parts: then.get(step) }, { ...after, parts: now.get(step) })),
    ]
    found.push(...changes.map((says) => ({ what: step, says })))
  }
  return merged(found)
}

const softwareChanges = ({ software: { before, after } }: Reproduces): Surroundings =>
  Object.entries(after).flatMap(([what, now]) => {
    const then = before[what]
    return then === undefined || then === now ? [] : [{ what, says: `It was ${then}, and is ${now}.` }]
  })

/** What is the same of many steps is said once. */
function merged(all: Surroundings): Surroundings {
  const byWords = Map.groupBy(all, ({ says }) => says)
  return [...byWords].map(([says, those]) => ({ what: those.map(({ what }) => what).join(', '), says }))
}

/** Code that is listed is kept with the run; a step that does not list it starts in whatever the server has. */
function commitChange(before: Side, after: Side, { folderCommit }: Reproduces): Surroundings {
  const open = after.plan.steps.filter(({ uses, code, approval }) => uses === null && code === null && !approval)
  if (open.length === 0 || folderCommit === before.commit) return []
  const says =
    `It does not list its code, so it ran what the folder of the server holds: commit ${folderCommit}; ` +
    `it was ${before.commit}.`
  return [{ what: open.map(({ key }) => key).join(', '), says }]
}

function attemptChanges(before: AttemptRow | undefined, after: AttemptRow | undefined): string[] {
  if (!before || !after) return []
  const change = (what: string, then: string | null, now: string | null) =>
    then === now || then === null || now === null ? [] : [`${what} was ${then}, and is ${now}.`]
  const [then, now] = [before, after].map(({ runtime }) => runtime as AttemptRuntime | null)
  return [
    ...change('The machine', before.host, after.host),
    ...change('The target', before.executor, after.executor),
    ...change('The image', before.image, after.image),
    ...change('The software environment', then?.digest ?? null, now?.digest ?? null),
  ]
}

type Parted = Side & { readonly parts: unknown }

async function partChanges(blobs: BlobStore, step: string, before: Parted, after: Parted): Promise<string[]> {
  if (!before.parts || !after.parts) return []
  const remembered = ({ plan, parts }: Parted) => remember(blobs, parts as CacheParts, stepsByKey(plan).get(step))
  const compared = compareParts(await remembered(before), await remembered(after))
  // What the steps before have left is compared where it was left.
  return compared.flatMap(({ part, changes }) => (part === 'inputs' ? [] : changes))
}
