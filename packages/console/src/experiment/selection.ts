/** As many as can be compared. */
export const MOST_SELECTED = 100

/**
 * The selection after one run was pressed.
 *
 * @param shown - ids in the order of the table
 * @param from - the run that was pressed before: all between become as the pressed one becomes
 */
export function toggled(selected: readonly string[], shown: readonly string[], id: string, from?: string): string[] {
  const start = from === undefined ? -1 : shown.indexOf(from)
  const end = shown.indexOf(id)
  const pressed = start < 0 ? [id] : shown.slice(Math.min(start, end), Math.max(start, end) + 1)
  if (selected.includes(id)) return selected.filter((one) => !pressed.includes(one))
  return [...new Set([...selected, ...pressed])].slice(0, MOST_SELECTED)
}
