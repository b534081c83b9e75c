import type { FeatureUpdate } from '@evenkeel/contract'
import { badRequest, unavailable } from '../protocol/refusal.ts'
import { type FeatureValues, ViewReplica } from './replica.ts'

/** Feature values for requests, and the updates that keep them current. */
export class Replicas {
  readonly #views = new Map<string, ViewReplica>()

  get(view: string): ViewReplica | undefined {
    return this.#views.get(view)
  }

  /**
   * Takes a snapshot, or the next push.
   *
   * @returns 'gap' when pushes are missing before this one: only a new snapshot helps
   */
  apply(update: FeatureUpdate): 'applied' | 'known' | 'gap' {
    const replica = this.#views.get(update.view)
    if (update.kind === 'snapshot') return this.#replace(update, replica)
    if (!replica || replica.version !== update.version) return 'gap'
    if (update.sequence <= replica.sequence) return 'known'
    if (update.sequence > replica.sequence + 1) return 'gap'
    replica.apply(update)
    return 'applied'
  }

  #replace(update: FeatureUpdate, present: ViewReplica | undefined): 'applied' | 'gap' {
    const spec = update.spec ?? (present?.version === update.version ? present.spec : undefined)
    if (!spec) return 'gap'
    this.#views.set(update.view, new ViewReplica(update, spec))
    return 'applied'
  }

  /** The first of the views that computes a feature of this name. */
  provider(views: readonly string[], feature: string): ViewReplica | undefined {
    for (const view of views) {
      const replica = this.#views.get(view)
      if (replica?.spec.features.some(({ name }) => name === feature)) return replica
    }
    return undefined
  }

  /** @throws Refusal (503) naming a view that has not come yet */
  requireAll(views: readonly string[]): void {
    const missing = views.find((view) => !this.#views.has(view))
    if (missing)
      throw unavailable(`The feature view "${missing}" has not reached this node yet; try again, or send its features.`)
  }
}

/**
 * The features of many rows.
 *
 * @throws Refusal (400) for an event time that lies before what the replica holds
 */
export function lookUp(replica: ViewReplica, keys: readonly string[], timesMs: readonly number[]): FeatureValues[] {
  return keys.map((key, row) => {
    const atMs = timesMs[row]!
    if (atMs >= replica.answersFromMs) return replica.valuesAt(key, atMs)
    const [asked, from] = [atMs, replica.answersFromMs].map((ms) => new Date(ms).toISOString())
    throw badRequest(
      `Features of "${replica.view}" as of ${asked} are not kept here any more (since ${from} they are); send them with the request.`,
    )
  })
}
