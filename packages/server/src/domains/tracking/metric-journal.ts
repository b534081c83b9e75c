import type { Db } from '../../platform/db.ts'
import { isErrno } from '../../platform/errors.ts'
import type { Log } from '../../platform/logging.ts'
import type { Background } from '../../platform/server.ts'
import { createTurns } from '../../platform/turns.ts'
import { journalStore, type RunsKey } from './journal-store.ts'

/** Until points are folded that nobody asked for. */
const foldAfterMs = 2000
const uniqueViolation = '23505'

/** Brings points that were acknowledged to where they are read, of some runs or of all. Never within a transaction. */
export type Settle = (runs?: RunsKey) => Promise<void>

export interface MetricJournal {
  /** Does a write of so many points to the journal, once there is room, and has them folded later. */
  write<T>(points: number, work: () => Promise<T>): Promise<T>
  readonly settle: Settle
  /** Folds what nobody waits for. */
  readonly background: Background
}

interface JournalDeps {
  readonly db: Db
  readonly log: Log
  /** Points that may wait; who would write more folds first, so the journal has an end. */
  readonly mostWaiting?: number
}

/** Points are acknowledged when they are in a journal, and folded into what is read later, many at once. */
export function createMetricJournal({ db, log, mostWaiting = 200_000 }: JournalDeps): MetricJournal {
  const takeTurn = createTurns()
  // Points of this server; what others write, they count.
  let written = 0
  let folded = 0
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  let isStopped = false

  /** What comes after it has begun is left for later, or those who write could keep it from ever ending. */
  async function fold(runs?: RunsKey, isOver = () => false): Promise<void> {
    const writtenBefore = written
    const last = await journalStore(db).newest(runs)
    let hasMore = last !== null
    // Each turn is short, so nobody waits for the points of others until all of them are folded.
    while (hasMore && !isOver()) hasMore = await takeTurn('fold', () => foldSome(db, runs, last!))
    if (!runs && !hasMore) folded = Math.max(folded, writtenBefore)
  }

  const foldAll = () =>
    fold(undefined, () => isStopped).catch((error: unknown) => {
      log.error({ err: error }, 'points of metrics could not be folded; they are kept, and it is tried again')
      foldSoon()
    })

  function foldSoon(): void {
    if (isStopped) return
    timer ??= setTimeout(() => {
      timer = undefined
      running = running.then(foldAll)
    }, foldAfterMs)
  }

  return {
    settle: (runs) => fold(runs),

    async write(points, work) {
      if (points > 0 && written - folded > mostWaiting) await fold()
      const result = await work()
      written += points
      if (points > 0) foldSoon()
      return result
    },

    background: {
      // Whoever wrote what is there already may be gone for good.
      start() {
        running = foldAll()
      },
      async stop() {
        isStopped = true
        clearTimeout(timer)
        await running
      },
    },
  }
}

/** @returns whether there may be more */
function foldSome(db: Db, runs: RunsKey | undefined, last: number): Promise<boolean> {
  const fold = (ifThere: 'skip' | 'fail') =>
    db.transaction().execute(async (tx) => {
      const store = journalStore(tx)
      await store.takeTurn()
      return store.fold(runs, last, ifThere)
    })
  // Few batches come twice; when one does, all of them are taken again, and each point is looked for.
  return fold('fail').catch((error: unknown) => {
    if (isErrno(error, uniqueViolation)) return fold('skip')
    throw error
  })
}
