import type { LiveEvent } from '@evenkeel/contract'
import type { Db } from '../db.ts'
import type { StreamEvent } from '../http/event-stream.ts'
import type { Log } from '../logging.ts'
import { listen } from './listen.ts'
import { createMailbox } from './mailbox.ts'
import { type Change, channel, liveStore } from './store.ts'
import { throttle } from './throttle.ts'

/** An object makes news at most once in this time. */
const coalesceMs = 250
/** For news whose notification was lost together with a connection. */
const pollMs = 5000
const keepMs = 24 * 3_600_000
const batch = 500

export interface LiveFeed {
  /**
   * Follows what changes, in the order of the commits, until the signal aborts. Resumes after `lastEventId`; when what
   * came after it is not known any more, a `reset` comes first.
   */
  follow(
    accepts: (change: Change) => boolean,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent<LiveEvent>>
  /** Forgets what is older than a day. */
  prune(now: Date): Promise<void>
  stop(): Promise<void>
}

export async function createLiveFeed({ db, url, log }: { db: Db; url: string; log: Log }): Promise<LiveFeed> {
  const store = liveStore(db)
  const followers = new Set<(changes: readonly Change[]) => void>()
  let seen = (await store.range()).newest

  async function deliver(): Promise<void> {
    await store.dispatch()
    for (let changes = await store.after(seen, batch); changes.length > 0; changes = await store.after(seen, batch)) {
      seen = changes.at(-1)!.id
      for (const follower of followers) follower(changes)
    }
  }

  const wake = throttle(coalesceMs, () =>
    deliver().catch((error: unknown) => log.warn({ err: error }, 'the live feed cannot read the database')),
  )
  const listener = listen(url, channel, () => wake.call())
  const poll = setInterval(() => wake.call(), pollMs)

  async function* replay(lastEventId: string): AsyncGenerator<Change | { reset: true; id: number }> {
    const { oldest, newest } = await store.range()
    let last = Number(lastEventId)
    if (!(last >= oldest - 1 && last <= newest)) yield { reset: true, id: (last = newest) }
    for (let changes = await store.after(last, batch); changes.length > 0; changes = await store.after(last, batch)) {
      yield* changes
      last = changes.at(-1)!.id
    }
  }

  return {
    async *follow(accepts, lastEventId, signal) {
      const mailbox = createMailbox<Change>(signal)
      const put = (changes: readonly Change[]) => mailbox.put(changes)
      // Listening comes before reading what was missed, so that nothing falls between the two.
      followers.add(put)
      let last = seen
      try {
        for await (const change of lastEventId === undefined ? [] : replay(lastEventId)) {
          last = change.id
          if ('reset' in change) yield resetAt(last)
          else if (accepts(change)) yield present(change)
        }
        for await (const change of mailbox.read()) {
          if (change === 'overflow') yield resetAt((last = seen))
          else if (change.id > last && accepts(change)) yield present(change)
        }
      } finally {
        followers.delete(put)
      }
    },
    prune: (now) => store.prune(new Date(now.getTime() - keepMs)),
    async stop() {
      clearInterval(poll)
      await listener.stop()
      await wake.stop()
    },
  }
}

const resetAt = (id: number): StreamEvent<LiveEvent> => ({ id: String(id), data: { reset: true } })

const present = ({ id, topic, subject }: Change): StreamEvent<LiveEvent> => ({
  id: String(id),
  data: { topic, id: subject, version: id },
})
