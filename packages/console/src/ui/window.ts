/** Positions `from` up to, and without, `to`. */
export interface Span {
  readonly from: number
  readonly to: number
}

/**
 * Rows to draw: those in view, with some more on either side so that keys and fast scrolling find them there.
 *
 * @param offset - pixels scrolled, >= 0
 * @param view - height of what is seen, in pixels
 */
export function rowsInView(offset: number, view: number, height: number, count: number, spare = 12): Span {
  const from = Math.max(0, Math.min(Math.floor(offset / height) - spare, count))
  return { from, to: Math.min(count, Math.ceil((offset + view) / height) + spare) }
}

/** Columns to draw, each with a width of its own in pixels. */
export function columnsInView(offset: number, view: number, widths: readonly number[], spare = 2): Span {
  let left = 0
  let from = widths.length
  let to = 0
  for (const [i, width] of widths.entries()) {
    if (left + width > offset && left < offset + view) {
      from = Math.min(from, i)
      to = i + 1
    }
    left += width
  }
  if (to === 0) return { from: 0, to: Math.min(widths.length, spare) }
  return { from: Math.max(0, from - spare), to: Math.min(widths.length, to + spare) }
}

export const sameSpan = (a: Span, b: Span): boolean => a.from === b.from && a.to === b.to
