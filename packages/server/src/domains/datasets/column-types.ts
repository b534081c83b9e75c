import { identifier } from './sql-names.ts'

/** What a column is to a profile and to a rule. `other` is what has no order and no name: lists, structs, bytes. */
export type ColumnClass = 'number' | 'text' | 'timestamp' | 'boolean' | 'other'

const whole = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$/
const number = /^(U?HUGEINT|FLOAT|DOUBLE|DECIMAL\(.*\))$/
const timestamp = /^(DATE|TIMESTAMP.*)$/
const other = /\[\d*\]$|^(STRUCT|MAP|UNION|BLOB|BIT|INTERVAL|VARIANT|GEOMETRY)/

/** @param type - as DuckDB names it, e.g. `DECIMAL(18,3)` */
export function classOf(type: string): ColumnClass {
  if (other.test(type)) return 'other'
  if (isWhole(type) || number.test(type)) return 'number'
  if (timestamp.test(type)) return 'timestamp'
  return type === 'BOOLEAN' ? 'boolean' : 'text'
}

export const isWhole = (type: string): boolean => whole.test(type)

/** The column as a DOUBLE: numbers as they are, time stamps in epoch milliseconds. For these two classes only. */
export const asDouble = ({ name, type }: { readonly name: string; readonly type: string }): string =>
  classOf(type) === 'timestamp'
    ? `CAST(epoch_ms(${identifier(name)}) AS DOUBLE)`
    : `CAST(${identifier(name)} AS DOUBLE)`
