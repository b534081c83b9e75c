/** Rows under their heads, in columns that are as wide as what they hold. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]!.length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd()
  return [line(heads), ...rows.map(line)]
}

/** `850 ms`, `12.3 s`, `4 min 5 s`, `2 h 3 min`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** From one moment to another, or to now; `–` before it began. */
export function spanText(from: string | null, to: string | null, now = Date.now()): string {
  if (from === null) return '–'
  return durationText(Math.max(0, (to === null ? now : Date.parse(to)) - Date.parse(from)))
}

/** `2026-03-02 04:05`, in UTC. */
export const momentText = (moment: string | null): string =>
  moment === null ? '–' : moment.slice(0, 16).replace('T', ' ')

/** One line, cut where it gets too long for a column. */
export function cell(text: string, longest = 80): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line
}
