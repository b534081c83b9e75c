/** One of the threads that run the same program side by side and meet at barriers. */
export interface Team {
  /** 0-based; member 0 reports to the outside. */
  readonly member: number
  readonly size: number
  /** Returns when every member has called it; what they wrote before is then visible to all. */
  meet(): void
  /** Meets, and returns the sum of the whole numbers that the members brought. */
  addUp(own: number): number
  /** Deals out `[0, count)` one by one to whoever asks first. Members must meet before the next deal. */
  deal(count: number): Iterable<number>
  /** This member's contiguous part of `[start, end)`. */
  part(start: number, end: number): readonly [start: number, end: number]
}

// A barrier comes every few tens of microseconds: looking for a moment is cheaper than sleeping and being woken.
const looksBeforeSleep = 2000

const [arrivals, generations, dealt, firstSum] = [0, 1, 2, 3] as const

/** Integers in shared memory, zero at first, that a team of this size needs. */
export const meetingLength = (size: number): number => firstSum + 2 * size

/** @param meeting - `meetingLength` integers: arrivals, how often all have met, how much was dealt, what is added up */
export function joinTeam(meeting: Int32Array<SharedArrayBuffer>, member: number, size: number): Team {
  let dealtBefore = 0
  let sums: number = firstSum

  function meet(): void {
    if (size === 1) return
    const generation = Atomics.load(meeting, generations)
    if (Atomics.add(meeting, arrivals, 1) === size - 1) {
      Atomics.store(meeting, arrivals, 0)
      Atomics.add(meeting, generations, 1)
      Atomics.notify(meeting, generations)
      return
    }
    for (let look = 0; look < looksBeforeSleep; look++) {
      if (Atomics.load(meeting, generations) !== generation) return
    }
    while (Atomics.load(meeting, generations) === generation) Atomics.wait(meeting, generations, generation)
  }

  return {
    member,
    size,
    meet,
    addUp(own) {
      // Two places in turn: who is fast may bring its next number while others still read this one.
      sums = sums === firstSum ? firstSum + size : firstSum
      meeting[sums + member] = own
      meet()
      let sum = 0
      for (let at = sums; at < sums + size; at++) sum += meeting[at]!
      return sum
    },
    *deal(count) {
      const next = () => Atomics.add(meeting, dealt, 1) - dealtBefore
      for (let index = next(); index < count; index = next()) yield index
      // Each member asks once in vain; the counter may wrap around.
      dealtBefore = (dealtBefore + count + size) | 0
    },
    part: (start, end) => {
      const length = end - start
      return [start + Math.floor((length * member) / size), start + Math.floor((length * (member + 1)) / size)]
    },
  }
}
