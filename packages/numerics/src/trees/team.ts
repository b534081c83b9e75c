/** One of the threads that run the same program side by side and meet at barriers. */
export interface Team {
  /** 0-based; member 0 reports to the outside. */
  readonly member: number
  readonly size: number
  /** Returns when every member has called it; what they wrote before is then visible to all. */
  meet(): void
  /** This member's contiguous part of `[start, end)`. */
  part(start: number, end: number): readonly [start: number, end: number]
}

// A barrier comes every few tens of microseconds: looking for a moment is cheaper than sleeping and being woken.
const looksBeforeSleep = 2000

/** @param barrier - two integers, zero at first: arrivals, and how often all have met */
export function joinTeam(barrier: Int32Array<SharedArrayBuffer>, member: number, size: number): Team {
  return {
    member,
    size,
    part: (start, end) => {
      const length = end - start
      return [start + Math.floor((length * member) / size), start + Math.floor((length * (member + 1)) / size)]
    },
    meet() {
      if (size === 1) return
      const generation = Atomics.load(barrier, 1)
      if (Atomics.add(barrier, 0, 1) === size - 1) {
        Atomics.store(barrier, 0, 0)
        Atomics.add(barrier, 1, 1)
        Atomics.notify(barrier, 1)
        return
      }
      for (let look = 0; look < looksBeforeSleep; look++) {
        if (Atomics.load(barrier, 1) !== generation) return
      }
      while (Atomics.load(barrier, 1) === generation) Atomics.wait(barrier, 1, generation)
    },
  }
}
