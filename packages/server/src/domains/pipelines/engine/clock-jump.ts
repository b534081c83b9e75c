import { performance } from 'node:perf_hooks'

/** Less may be the correction of a clock that goes a little wrong. */
const smallestJumpMs = 10_000

/**
 * Notices that the clock of the machine was set, or that the machine slept: between two looks it moved by more or less
 * than time went by.
 *
 * @param now - the clock, epoch milliseconds
 * @param steadyNow - milliseconds that only ever go on
 * @returns how far the clock jumped since the last look, in milliseconds; 0 when it did not
 */
export function createJumpWatch(now: () => number, steadyNow = () => performance.now()): () => number {
  let offset = now() - steadyNow()
  return () => {
    const before = offset
    offset = now() - steadyNow()
    const jumpMs = offset - before
    return Math.abs(jumpMs) < smallestJumpMs ? 0 : jumpMs
  }
}
