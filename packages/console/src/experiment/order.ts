export type Direction = 'ascending' | 'descending'

/** The direction in which an order such as `metrics.auc DESC` sorts a field; undefined when it sorts another. */
export function directionOf(order: string | undefined, field: string): Direction | undefined {
  if (order === `${field} DESC`) return 'descending'
  return order === field || order === `${field} ASC` ? 'ascending' : undefined
}

/** What a press on the head of a column leads to: the greatest first, the least first, and back to the newest first. */
export function nextOrder(order: string | undefined, field: string): string | undefined {
  const now = directionOf(order, field)
  if (now === undefined) return `${field} DESC`
  return now === 'descending' ? field : undefined
}
