import pg from 'pg'

const { builtins } = pg.types

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(builtins).map(([name, oid]) => [Number(oid), name.toLowerCase()]),
)

/** How PostgreSQL calls a type; what it has no name for here is shown as text. */
export const typeName = (oid: number): string => names.get(oid) ?? 'text'

/** Reads a cell as JSON can hold it: exactly, or as text. */
export function parserFor(oid: number): (text: string) => unknown {
  switch (oid) {
    case builtins.BOOL:
      return (text) => text === 't'
    case builtins.INT2:
    case builtins.INT4:
    case builtins.INT8:
      return (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text)
    case builtins.FLOAT4:
    case builtins.FLOAT8:
      return (text) => (Number.isFinite(Number(text)) ? Number(text) : text)
    case builtins.NUMERIC:
      return parseNumeric
    case builtins.JSON:
    case builtins.JSONB:
      return (text) => JSON.parse(text) as unknown
    case builtins.TIMESTAMPTZ:
      return parseMoment
    default:
      return (text) => text
  }
}

/** Digits that a number holds for certain; averages have more, and lose nothing that anybody looks at. */
const exactDigits = 15

function parseNumeric(text: string): number | string {
  const isWhole = !text.includes('.')
  if (isWhole && text.replace('-', '').length > exactDigits) return text
  return Number.isFinite(Number(text)) ? Number(text) : text
}

/** ISO 8601 in UTC, with all digits that there are. */
const parseMoment = (text: string): string =>
  text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, -3)}Z` : text
