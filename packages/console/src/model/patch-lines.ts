import type { DiffLine } from '@evenkeel/contract'

const KINDS = { '+': 'added', '-': 'removed', ' ': 'same' } as const

/** A line of a patch as the server sends it; null stands for lines that are left out. */
export function diffLineOf(line: string): DiffLine | null {
  const kind = KINDS[line.charAt(0) as keyof typeof KINDS]
  return kind === undefined ? null : { kind, text: line.slice(1) }
}
