import type { CollectionCounts, CollectionPhase } from '@evenkeel/contract'
import type { ListedBlob } from '../../platform/blobs/blob-store.ts'
import { blobTouchStore } from '../../platform/blobs/touches.ts'
import type { Db } from '../../platform/db.ts'
import { exclusively } from '../../platform/exclusive.ts'
import { pooled } from '../../platform/pooled.ts'
import type { StorageDeps } from './deps.ts'
import { gcStore, type SumRow } from './gc-store.ts'
import { mark, waitForOlder } from './marking.ts'

type CollectorDeps = Pick<StorageDeps, 'db' | 'blobs' | 'holders' | 'alwaysHeld'>

export interface CollectorOptions {
  readonly dryRun: boolean
  /** What was stored, or touched, since then stays. */
  readonly since: Date
  /** Hears how far it is. */
  readonly report: (phase: CollectionPhase, counts: CollectionCounts) => Promise<void>
}

const listPage = 5000
const sweepPage = 200
const deletesAtOnce = 32
/** A process that slept, or lost its database, may no longer hold the rows that it has locked. */
const deleteWithinMs = 10_000

const none = { blobs: 0, sizeBytes: 0 }
export const nothingCounted: CollectionCounts = {
  stored: none,
  kept: none,
  young: none,
  freed: none,
  unfinished: { count: 0, sizeBytes: 0 },
  held: [],
}

/** Touches say nothing after so long, whatever the grace: a later collection may have a longer one. */
const touchesKeptMs = 400 * 86_400_000

/**
 * Deletes stored content that nobody needs. Why nothing goes that anybody needs, or is about to, is told in the README.
 *
 * @returns what it found; undefined while another server does it
 */
export function createCollector({ db, blobs, ...needs }: CollectorDeps) {
  async function collect(conn: Db, { dryRun, since, report }: CollectorOptions): Promise<CollectionCounts> {
    const store = gcStore(conn)
    let counts = nothingCounted
    const tell = (phase: CollectionPhase, more: Partial<CollectionCounts> = {}) => {
      counts = { ...counts, ...more }
      return report(phase, counts)
    }

    await tell('marking')
    await store.prepare()
    const moment = await mark(conn, { blobs, ...needs })
    await list(conn, (stored) => tell('listing', { stored }))
    if (!dryRun) {
      await tell('marking')
      await waitForOlder(conn, moment)
      await mark(conn, { blobs, ...needs })
    }
    const { garbage, ...sums } = await store.sum(since)
    await tell('sweeping', { ...sums, held: await store.sumHeld(), ...(dryRun && { freed: garbage }) })
    if (!dryRun) await sweep(conn, since, (freed) => tell('sweeping', { freed }))
    await tell('sweeping', { unfinished: await dropUnfinished(since, dryRun) })
    return counts
  }

  async function list(conn: Db, tell: (stored: SumRow) => Promise<void>): Promise<void> {
    const store = gcStore(conn)
    let stored = none
    let page: ListedBlob[] = []
    const write = async () => {
      await store.addFound(page)
      stored = page.reduce(added, stored)
      page = []
      await tell(stored)
    }
    for await (const blob of blobs.list()) {
      page.push(blob)
      if (page.length === listPage) await write()
    }
    await write()
    await store.analyze()
  }

  async function sweep(conn: Db, since: Date, tell: (freed: SumRow) => Promise<void>): Promise<void> {
    const store = gcStore(conn)
    let freed = none
    let page = await store.garbage(since, '', sweepPage)
    while (page.length > 0) {
      const gone = await deleteUntouched(
        conn,
        since,
        page.map(({ digest }) => digest),
      )
      freed = page.filter(({ digest }) => gone.has(digest)).reduce(added, freed)
      await tell(freed)
      page = await store.garbage(since, page.at(-1)!.digest, sweepPage)
    }
    await blobTouchStore(conn).forgetOld(new Date(since.getTime() - touchesKeptMs))
  }

  /** Whoever stores one of them again waits for the end, and stores it then. */
  const deleteUntouched = (conn: Db, since: Date, digests: readonly string[]): Promise<ReadonlySet<string>> =>
    conn.transaction().execute(async (tx) => {
      const touches = blobTouchStore(tx)
      const untouched = await touches.lockUntouched(digests, since)
      const lateMs = Date.now() + deleteWithinMs
      const gone = new Set<string>()
      await pooled(untouched, deletesAtOnce, async (digest) => {
        if (Date.now() > lateMs) return
        await blobs.delete(digest)
        gone.add(digest)
      })
      await touches.forget(untouched)
      return gone
    })

  async function dropUnfinished(since: Date, dryRun: boolean): Promise<CollectionCounts['unfinished']> {
    let [count, sum] = [0, 0]
    for await (const { sizeBytes, drop } of blobs.unfinished(since)) {
      if (!dryRun) await drop()
      count += 1
      sum += sizeBytes
    }
    return { count, sizeBytes: sum }
  }

  return (options: CollectorOptions): Promise<CollectionCounts | undefined> =>
    exclusively(db, 'evenkeel.collect_garbage', async (conn) => {
      try {
        return await collect(conn, options)
      } finally {
        await gcStore(conn).forget()
      }
    })
}

const added = (sum: SumRow, one: { readonly sizeBytes: number }): SumRow => ({
  blobs: sum.blobs + 1,
  sizeBytes: sum.sizeBytes + one.sizeBytes,
})
