export type CsvValue = string | number | null | undefined

/** Lines of CSV (RFC 4180), each with its end; what is missing is an empty field. */
export const csvOf = (rows: readonly (readonly CsvValue[])[]): string =>
  rows.map((row) => `${row.map(field).join(',')}\r\n`).join('')

function field(value: CsvValue): string {
  if (value === null || value === undefined) return ''
  const text = harmless(String(value))
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A spreadsheet computes what begins like a formula, which whoever logged a text could abuse (OWASP, CSV injection). */
const harmless = (text: string): string => (/^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text)

/** Lets the browser keep a file that was made here. The mark in front tells spreadsheets that it is UTF-8. */
export function downloadCsv(name: string, parts: readonly string[]): void {
  const url = URL.createObjectURL(new Blob(['\uFEFF', ...parts], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${name.replaceAll(/[^\p{L}\p{N}_.-]+/gu, '-')}.csv`
  link.click()
  // Some browsers read it only after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
