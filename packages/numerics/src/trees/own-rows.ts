import type { Team } from './team.ts'

/** Rows `[start, end)`. */
export interface Run {
  readonly start: number
  readonly end: number
}

// Rows next to each other are often alike, so that contiguous parts would give one member most of a leaf.
const rowsPerRun = 1024

/** The rows that a member sorts, adds up and scores, ascending: every `size`-th run of 1024. */
export function ownRuns({ member, size }: Pick<Team, 'member' | 'size'>, rowCount: number): Run[] {
  const runs: Run[] = []
  for (let start = member * rowsPerRun; start < rowCount; start += size * rowsPerRun) {
    runs.push({ start, end: Math.min(rowCount, start + rowsPerRun) })
  }
  return runs
}

/** Where the rows of a member lie in the order: after those of the members before it. */
export function ownPlace({ member, size }: Team, rowCount: number): Run {
  const countOf = (other: number) =>
    ownRuns({ member: other, size }, rowCount).reduce((sum, { start, end }) => sum + end - start, 0)
  let start = 0
  for (let other = 0; other < member; other++) start += countOf(other)
  return { start, end: start + countOf(member) }
}
