/** The first record of a CSV file. */
export interface CsvHeader {
  readonly delimiter: string
  readonly names: readonly string[]
}

const delimiters = [',', ';', '\t', '|']

/**
 * Reads the header of a CSV file (RFC 4180): names in double quotes or bare, separated by the one of `,` `;` tab `|` that
 * is there most often.
 *
 * @param text - the file, or as much of it as surely holds the first line
 */
export function readCsvHeader(text: string): CsvHeader {
  const record = firstRecord(text.replace(/^\uFEFF/, ''))
  const bare = record.replace(/"[^"]*"/g, '')
  const countOf = (delimiter: string) => bare.split(delimiter).length
  const delimiter = delimiters.reduce((best, other) => (countOf(other) > countOf(best) ? other : best))
  return { delimiter, names: splitRecord(record, delimiter) }
}

/** Everything up to the first line break that is not inside quotes. */
function firstRecord(text: string): string {
  const [record = ''] = /^(?:"[^"]*"|[^"\r\n])*/.exec(text) ?? []
  return record
}

function splitRecord(record: string, delimiter: string): string[] {
  const names: string[] = []
  let name = ''
  let quoted = false
  for (const character of record) {
    if (character === '"') quoted = !quoted
    if (character !== delimiter || quoted) name += character
    else {
      names.push(name)
      name = ''
    }
  }
  return [...names, name].map(unquote)
}

const unquote = (name: string) =>
  name.startsWith('"') && name.endsWith('"') && name.length > 1 ? name.slice(1, -1).replaceAll('""', '"') : name.trim()

/**
 * The reason why these cannot be the names of columns; undefined when they can. DuckDB tells names apart without case,
 * and would quietly rename the second of two.
 */
export function whyNotNames(names: readonly string[]): string | undefined {
  const nameless = names.findIndex((name) => name === '')
  if (nameless >= 0) return `Column ${nameless + 1} has no name.`
  const odd = names.find((name) => name.includes('\0'))
  if (odd !== undefined) return `The name of column ${names.indexOf(odd) + 1} holds a NUL character.`
  const folded = names.map((name) => name.toLowerCase())
  const twin = folded.findIndex((name, index) => folded.indexOf(name) < index)
  return twin < 0 ? undefined : `Two columns are named "${names[twin]}" (case does not count).`
}
