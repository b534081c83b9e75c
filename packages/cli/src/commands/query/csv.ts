import type { QueryAnswer } from '@evenkeel/contract'

type Cell = QueryAnswer['rows'][number][number]

/** As RFC 4180 has it: a line of names, then one for each row. Null is nothing, an empty text is `""`. */
export const csvLines = ({ columns, rows }: QueryAnswer): string[] =>
  [columns.map(({ name }) => name), ...rows].map((row) => row.map(csvCell).join(','))

function csvCell(value: Cell): string {
  if (value === null) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
