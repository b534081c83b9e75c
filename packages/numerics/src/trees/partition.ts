import type { Team } from './team.ts'

export interface RowOrder {
  /** Row numbers. */
  readonly order: Uint32Array
  /** As long as `order`; its content is lost. */
  readonly scratch: Uint32Array
  /** One count per member of the team. */
  readonly leftCounts: Int32Array
}

/** A partition that is counted, but not yet carried out. */
export interface PendingPartition {
  readonly leftCount: number
  /** Puts the left rows of `[start, end)` before the right ones, both in their old sequence. */
  carryOut(): void
}

/**
 * Sorts the rows of `[start, end)` into left and right, all members of the team together.
 *
 * @param sortOwn - copies a part of the order to the same part of the scratch, those that go left to its front and the
 *   others backwards from its end, and returns how many go left
 */
export function partition(
  { order, scratch, leftCounts }: RowOrder,
  start: number,
  end: number,
  sortOwn: (start: number, end: number) => number,
  team: Team,
): PendingPartition {
  const [from, to] = team.part(start, end)
  const ownLeft = sortOwn(from, to)
  leftCounts[team.member] = ownLeft
  team.meet()

  let leftCount = 0
  let leftBefore = 0
  for (let member = 0; member < team.size; member++) {
    leftCount += leftCounts[member]!
    if (member < team.member) leftBefore += leftCounts[member]!
  }
  return {
    leftCount,
    carryOut() {
      order.set(scratch.subarray(from, from + ownLeft), start + leftBefore)
      order.set(scratch.subarray(from + ownLeft, to).reverse(), from + leftCount - leftBefore)
      team.meet()
    },
  }
}
