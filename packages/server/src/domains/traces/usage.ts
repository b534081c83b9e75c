/** Tokens or costs by kind, e.g. `input_tokens`. */
export type Amounts = Readonly<Record<string, number>>

/** The numbers of an object; null when there are none. */
export function amountsOf(value: unknown): Amounts | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const numbers = Object.entries(value).filter((entry): entry is [string, number] => Number.isFinite(entry[1]))
  return numbers.length === 0 ? null : Object.fromEntries(numbers)
}

export interface CountedSpan {
  readonly spanId: string
  readonly parentId: string | null
  readonly amounts: Amounts | null
}

/**
 * What a trace used in all. A span that counts what its children used stands for them, so below it nothing is added.
 *
 * @returns null when no span has counted anything
 */
export function totalOf(spans: readonly CountedSpan[]): Amounts | null {
  const counted = new Map(spans.map((span) => [span.spanId, span]))
  const isBelowCounted = new Map<string, boolean>()
  const total: Record<string, number> = {}
  for (const span of spans) {
    if (span.amounts === null || isBelow(span)) continue
    for (const [kind, amount] of Object.entries(span.amounts)) total[kind] = (total[kind] ?? 0) + amount
  }
  return Object.keys(total).length === 0 ? null : total

  /** Whether a span above this one has counted. Each way up is walked once; one that is a circle ends. */
  function isBelow(span: CountedSpan): boolean {
    const path = new Set<string>()
    let below = false
    for (let at = span; !path.has(at.spanId);) {
      const known = isBelowCounted.get(at.spanId)
      if (known !== undefined) {
        below = known
        break
      }
      path.add(at.spanId)
      const parent = at.parentId === null ? undefined : counted.get(at.parentId)
      if (!parent) break
      if (parent.amounts !== null) {
        below = true
        break
      }
      at = parent
    }
    for (const id of path) isBelowCounted.set(id, below)
    return below
  }
}
