import type { AttemptRuntime, Reproduces, Reproduction } from '@evenkeel/contract'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import { compareParts } from '../engine/cache/compare.ts'
import type { CacheParts } from '../engine/cache/parts.ts'
import { remember } from '../engine/cache/remember.ts'
import { type RunPlan, stepsByKey } from '../engine/plan.ts'
import type { AttemptRow, PipelinesStore } from '../store.ts'
import type { StoredResult } from './results.ts'

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
  /** As it was written down with the version. */
  readonly software: Readonly<Record<string, string>>
}

/** What is other than it was, beside the steps themselves. */
export async function compareSurroundings(
  store: PipelinesStore,
  blobs: BlobStore,
  { before, after, reproduces, software }: Compared,
): Promise<Surroundings> {
  const found: Surroundings = [...softwareChanges(software, reproduces), ...commitChange(before, after, reproduces)]
  for (const [step, { made }] of after.results) {
    const changes = [
      ...attemptChanges(before.results.get(step)?.made, made),
      ...(await partChanges(store, blobs, { before, after, step })),
    ]
    found.push(...changes.map((says) => ({ what: step, says })))
  }
  return merged(found)
}

const softwareChanges = (before: Compared['software'], { software: after }: Reproduces): Surroundings =>
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

async function partChanges(
  store: PipelinesStore,
  blobs: BlobStore,
  { before, after, step }: { before: Side; after: Side; step: string },
): Promise<string[]> {
  const remembered = async ({ id, plan }: Side) => {
    const parts = await store.cachePartsOf(id, step)
    return parts === null ? undefined : remember(blobs, parts as CacheParts, stepsByKey(plan).get(step))
  }
  const [then, now] = await Promise.all([remembered(before), remembered(after)])
  if (!then || !now) return []
  // What the steps before have left is compared where it was left.
  return compareParts(then, now).flatMap(({ part, changes }) => (part === 'inputs' ? [] : changes))
}
