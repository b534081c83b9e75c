export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** There are more rows or columns than are here. */
  readonly cut: boolean
}

const MOST_ROWS = 1000
const MOST_COLUMNS = 200

/** Reads the beginning of a table in text (RFC 4180): quoted fields may hold separators, quotes and line ends. */
export function tableOfText(text: string, separator: ',' | '\t'): Table {
  const records: string[][] = []
  let record: string[] = []
  let field = ''
  let quoted = false
  let i = text.startsWith('\uFEFF') ? 1 : 0

  const endField = () => {
    record.push(field)
    field = ''
  }
  const endRecord = () => {
    endField()
    if (record.length > 1 || record[0] !== '') records.push(record)
    record = []
  }
  for (; i < text.length && records.length <= MOST_ROWS; i++) {
    const char = text[i]!
    if (quoted) {
      if (char !== '"') field += char
      else if (text[i + 1] === '"') field += text[++i]!
      else quoted = false
    } else if (char === '"' && field === '') quoted = true
    else if (char === separator) endField()
    else if (char === '\n') endRecord()
    else if (char !== '\r') field += char
  }
  if (i >= text.length && (field !== '' || record.length > 0)) endRecord()

  const [head = [], ...rows] = records.map((one) => one.slice(0, MOST_COLUMNS))
  return { head, rows, cut: i < text.length || records.some(({ length }) => length > MOST_COLUMNS) }
}
