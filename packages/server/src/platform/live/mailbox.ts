/** Hands items from a writer that never waits to one reader that may be slow. */
export interface Mailbox<T> {
  put(items: readonly T[]): void
  /** Ends with the signal. When more than `capacity` items piled up, they are dropped and one `overflow` stands for them. */
  read(): AsyncGenerator<T | 'overflow'>
}

export function createMailbox<T>(signal: AbortSignal, capacity = 5000): Mailbox<T> {
  let waiting: T[] = []
  let overflowed = false
  let wake = () => {}
  signal.addEventListener('abort', () => wake(), { once: true })

  return {
    put(items) {
      waiting.push(...items)
      if (waiting.length > capacity) {
        overflowed = true
        waiting = []
      }
      wake()
    },
    async *read() {
      while (!signal.aborted) {
        const items = waiting
        waiting = []
        if (overflowed) yield 'overflow'
        overflowed = false
        yield* items
        if (waiting.length === 0 && !overflowed && !signal.aborted) {
          await new Promise<void>((resume) => {
            wake = resume
          })
        }
      }
    },
  }
}
