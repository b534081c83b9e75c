import { createHash } from 'node:crypto'
import type { AttemptKey } from './decide.ts'

/**
 * Name of an attempt wherever it runs: the same for the same attempt, lower case, at most 61 characters, which suits
 * every executor (Kubernetes allows 63).
 *
 * @param runId - a UUID
 */
export function externalIdOf(runId: string, { step, attempt }: AttemptKey): string {
  return `ek-${base32(runId)}-${stepSlug(step)}-${attempt}`
}

/** A step as a part of a name or path: its beginning, to be read, and 12 hex digits, to be its own. */
export function stepSlug(step: string): string {
  const slug = step
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 14)
  return `${slug}-${createHash('sha256').update(step).digest('hex').slice(0, 12)}`
}

const digits = 'abcdefghijklmnopqrstuvwxyz234567'

/** The 128 bits of a UUID in 26 characters of RFC 4648 base32 in lower case. */
function base32(uuid: string): string {
  let bits = BigInt(`0x${uuid.replaceAll('-', '')}`) << 2n
  let text = ''
  for (let at = 0; at < 26; at++, bits >>= 5n) text = digits[Number(bits & 31n)]! + text
  return text
}
