export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>

/** One after the other for each key, so that those who wait for the same lock hold one connection and not all of them. */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work, work)
    last.set(key, turn)
    const forget = () => {
      if (last.get(key) === turn) last.delete(key)
    }
    turn.then(forget, forget)
    return turn
  }
}
