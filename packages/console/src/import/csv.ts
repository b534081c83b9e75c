const delimiters = [',', ';', '\t'] as const

/** The records of a CSV text (RFC 4180), with the delimiter that its first line has most of; blank lines are left out. */
export function parseCsv(text: string): string[][] {
  const plain = text.replace(/^\uFEFF/, '')
  const [head = ''] = plain.split(/\r?\n/, 1)
  const countOf = (delimiter: string) => head.split(delimiter).length
  const delimiter = delimiters.reduce((best, other) => (countOf(other) > countOf(best) ? other : best))
  return recordsOf(plain, delimiter).filter((record) => record.length > 1 || record[0]!.trim() !== '')
}

function recordsOf(text: string, delimiter: string): string[][] {
  const records: string[][] = [[]]
  // A field in quotes, where two quotes are one; or a bare one. Then what ends it.
  const field = new RegExp(`(?:"((?:[^"]|"")*)"|([^${delimiter}\\r\\n]*))(${delimiter}|\\r?\\n|\\r|$)`, 'gy')
  for (let found = field.exec(text); found; found = field.exec(text)) {
    const [, quoted, bare = '', end] = found
    records.at(-1)!.push(quoted === undefined ? bare.trim() : quoted.replaceAll('""', '"'))
    if (field.lastIndex >= text.length && end !== delimiter) break
    if (end !== delimiter) records.push([])
  }
  return records
}

/** One record as CSV. */
export const csvLine = (cells: readonly (string | number | boolean | null)[]): string =>
  cells.map((cell) => quote(cell === null ? '' : String(cell))).join(',')

const quote = (text: string) => (/[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
