import type { Tag } from './marks.ts'
import type { Batch } from './target/tracking.ts'

/** What one `log-batch` may hold; a server refuses a longer one. */
const most = { metrics: 1000, params: 100, tags: 100 }
const mostValues = 1000
const mostBytes = 900_000

interface Values {
  metrics: object[]
  params: Tag[]
  tags: Tag[]
}

/** Collects values of a run, and sends as many at once as may travel together. */
export function createBatches(send: (batch: Batch) => Promise<unknown>) {
  let waiting: Values = { metrics: [], params: [], tags: [] }
  let [count, bytes] = [0, 0]

  async function flush(): Promise<void> {
    if (count === 0) return
    const batch = waiting
    waiting = { metrics: [], params: [], tags: [] }
    ;[count, bytes] = [0, 0]
    await send(batch)
  }

  return {
    flush,
    async add<K extends keyof Values>(kind: K, value: Values[K][number]): Promise<void> {
      const size = Buffer.byteLength(JSON.stringify(value)) + 1
      if (waiting[kind].length === most[kind] || count === mostValues || bytes + size > mostBytes) await flush()
      ;(waiting[kind] as object[]).push(value)
      count++
      bytes += size
    },
  }
}

export type Batches = ReturnType<typeof createBatches>
