import { setTimeout as sleep } from 'node:timers/promises'
import { type Client } from '@evenkeel/client'
import type { features } from '@evenkeel/contract'
import type { Log } from '../log.ts'
import type { Replicas } from './replicas.ts'
import { loadReplica, saveReplica } from './replica-files.ts'

export interface FeatureFollower {
  /**
   * Follows these views from now on, and returns when each is here: from the disk, or from the control plane. After
   * five seconds it returns without.
   */
  follow(views: readonly string[]): Promise<void>
  /** Stops following and saves what has changed. */
  stop(): Promise<void>
}

interface FollowerParts {
  readonly api: Client<typeof features>
  readonly replicas: Replicas
  readonly node: string
  readonly folder: string
  readonly log: Log
}

const saveEveryMs = 30_000
const arrivalMs = 5000

/** Keeps the replicas current from the stream of the control plane, and tells it how far they are. */
export function createFeatureFollower({ api, replicas, node, folder, log }: FollowerParts): FeatureFollower {
  const saved = new Map<string, number>()
  const acknowledge = createAcknowledger(api, node)
  let followed: readonly string[] = []
  let running: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined
  // Two states may be taken at the same time.
  let changes: Promise<void> = Promise.resolve()
  const saving = setInterval(() => void save(), saveEveryMs).unref()

  async function save(): Promise<void> {
    for (const view of followed) {
      const replica = replicas.get(view)
      if (!replica || saved.get(view) === replica.sequence) continue
      saved.set(view, replica.sequence)
      replica.forgetOld()
      await saveReplica(folder, replica).catch((error: unknown) =>
        log.warn({ err: error, view }, 'a feature view could not be saved'),
      )
    }
  }

  /** Reads the stream until it has a gap or breaks for good. */
  async function read(views: readonly string[], signal: AbortSignal): Promise<void> {
    for await (const { data } of api.follow({ query: { views: views.join(','), node } }, { signal })) {
      const outcome = replicas.apply(data)
      if (outcome === 'gap')
        return log.info({ view: data.view, sequence: data.sequence }, 'pushes are missing; asking for a snapshot')
      acknowledge(data.view, replicas.get(data.view)!.sequence)
    }
  }

  async function readForever(views: readonly string[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await read(views, signal).catch((error: unknown) =>
        log.warn({ err: error }, 'the stream of feature views was refused; trying again'),
      )
      if (!signal.aborted) await sleep(500 + Math.random() * 500, undefined, { signal }).catch(() => undefined)
    }
  }

  async function halt(): Promise<void> {
    running?.abort.abort()
    await running?.ended
    running = undefined
  }

  async function change(wanted: readonly string[]): Promise<void> {
    if (String(wanted) === String(followed)) return
    followed = wanted
    await halt()
    for (const view of wanted) {
      const update = replicas.get(view) ? undefined : await loadReplica(folder, view)
      if (update) replicas.apply(update)
    }
    if (wanted.length === 0) return
    const abort = new AbortController()
    running = { abort, ended: readForever(wanted, abort.signal) }
  }

  async function arrival(wanted: readonly string[]): Promise<void> {
    const endsAt = performance.now() + arrivalMs
    while (wanted.some((view) => !replicas.get(view)) && performance.now() < endsAt) await sleep(20)
  }

  return {
    async follow(views) {
      const wanted = [...new Set(views)].toSorted()
      changes = changes.then(() => change(wanted))
      await changes
      await arrival(wanted)
    },
    async stop() {
      clearInterval(saving)
      await changes
      await halt()
      await save()
    },
  }
}

/** One acknowledgement at a time for each view: what is applied meanwhile goes with the next. */
function createAcknowledger(api: Client<typeof features>, node: string): (view: string, sequence: number) => void {
  const newest = new Map<string, number>()
  const busy = new Set<string>()

  async function send(view: string): Promise<void> {
    busy.add(view)
    for (let sequence = newest.get(view); sequence !== undefined; sequence = newest.get(view)) {
      newest.delete(view)
      // Not retried: the next push is acknowledged with all before it, and a new stream starts with a snapshot.
      await api.acknowledge({ params: { view }, body: { node, sequence } }).catch(() => undefined)
    }
    busy.delete(view)
  }

  return (view, sequence) => {
    newest.set(view, sequence)
    if (!busy.has(view)) void send(view)
  }
}
