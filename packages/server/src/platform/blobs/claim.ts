import { pooled } from '../pooled.ts'
import type { Touch } from './touches.ts'

const looksAtOnce = 8
const touchesAtOnce = 5000

/** Touches first and looks then: what is there after it was touched, stays. @returns those that are not there */
export async function claimed(
  digests: readonly string[],
  touch: Touch,
  has: (digest: string) => Promise<boolean>,
): Promise<string[]> {
  const unique = [...new Set(digests)]
  for (let at = 0; at < unique.length; at += touchesAtOnce) await touch(unique.slice(at, at + touchesAtOnce))
  const there = await pooled(unique, looksAtOnce, has)
  return unique.filter((_, at) => !there[at])
}
