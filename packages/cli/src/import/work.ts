/** Works on items as they come, some at once. The first failure ends it when what is under way has ended. */
export async function inParallel<T>(
  items: AsyncIterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]()
  let failed = false
  const worker = async () => {
    try {
      while (!failed) {
        const { done, value } = await iterator.next()
        if (done) return
        await work(value as T)
      }
    } catch (error) {
      failed = true
      throw error
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker))
  const failure = ends.find((end) => end.status === 'rejected')
  if (!failure) return
  await iterator.return?.()
  throw failure.reason
}

/** Lists of so many items. */
export async function* batchesOf<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let batch: T[] = []
  for await (const item of items) {
    batch.push(item)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** The same in order, in lists of at most `count` items; always one, be it empty. */
export function chunksOf<T>(items: readonly T[], count: number): readonly (readonly T[])[] {
  const chunks = []
  for (let at = 0; at < items.length; at += count) chunks.push(items.slice(at, at + count))
  return chunks.length === 0 ? [[]] : chunks
}
