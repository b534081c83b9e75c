/**
 * Works on a few items at a time; the results are in the order of the items.
 *
 * @throws the first failure, once nothing is under way any more
 */
export async function pooled<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const entries = items.entries()
  let hasFailed = false
  const take = async () => {
    for (const [at, item] of entries) {
      if (hasFailed) return
      results[at] = await work(item).catch((error: unknown) => {
        hasFailed = true
        throw error
      })
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: atOnce }, take))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  return results
}
