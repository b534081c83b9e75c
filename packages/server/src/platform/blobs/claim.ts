import { pooled } from '../pooled.ts'
import type { Touch } from './touches.ts'

const looksAtOnce = 8

/** Touches first and looks then: what is there after it was touched, stays. @returns those that are not there */
export async function claimed(
  digests: readonly string[],
  touch: Touch,
  has: (digest: string) => Promise<boolean>,
): Promise<string[]> {
  const unique = [...new Set(digests)]
  await touch(unique)
  const there = await pooled(unique, looksAtOnce, has)
  return unique.filter((_, at) => !there[at])
}
