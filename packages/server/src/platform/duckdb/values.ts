import {
  BIGINT,
  BLOB,
  blobValue,
  BOOLEAN,
  DOUBLE,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  HUGEINT,
  type JS,
  LIST,
  listValue,
  SQLNULL,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api'
import type { QueryParams, QueryValue } from './protocol.ts'

interface Bound {
  readonly values: DuckDBValue[] | Record<string, DuckDBValue>
  readonly types: DuckDBType[] | Record<string, DuckDBType>
}

/** Gives each parameter its type. Left to itself, the driver binds 2 ** 40 as the 32-bit integer 0. */
export function bind(params: QueryParams = []): Bound {
  if (isList(params)) return { values: params.map(valueOf), types: params.map(typeOf) }
  const entries = Object.entries(params)
  return {
    values: Object.fromEntries(entries.map(([name, value]) => [name, valueOf(value)])),
    types: Object.fromEntries(entries.map(([name, value]) => [name, typeOf(value)])),
  }
}

const isList = (params: QueryParams): params is readonly QueryValue[] => Array.isArray(params)

function valueOf(value: QueryValue): DuckDBValue {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (value instanceof Date) return new DuckDBTimestampTZValue(BigInt(value.getTime()) * 1000n)
  if (value instanceof Uint8Array) return blobValue(value)
  if (Array.isArray(value)) return listValue(value.map((item) => sameAs(item, value)))
  return value as null | boolean | bigint | string
}

/** In a list of numbers with fractions, the whole ones are numbers with fractions too. */
function sameAs(item: QueryValue, list: readonly QueryValue[]): DuckDBValue {
  return typeof item === 'number' && !list.every(isWhole) ? item : valueOf(item)
}

const isWhole = (item: QueryValue) => typeof item !== 'number' || Number.isSafeInteger(item)

function typeOf(value: QueryValue): DuckDBType {
  if (value === null) return SQLNULL
  if (typeof value === 'boolean') return BOOLEAN
  if (typeof value === 'string') return VARCHAR
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? BIGINT : HUGEINT
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BIGINT : DOUBLE
  if (value instanceof Date) return TIMESTAMPTZ
  if (value instanceof Uint8Array) return BLOB
  return LIST(typeOfItems(value as readonly QueryValue[]))
}

function typeOfItems(list: readonly QueryValue[]): DuckDBType {
  if (!list.every(isWhole)) return DOUBLE
  return typeOf(list.find((item) => item !== null) ?? null)
}

/** A row as `QueryEngine.query` promises it. */
export const plainRow = (row: Readonly<Record<string, JS>>): object => plain(row) as object

function plain(value: JS): unknown {
  if (typeof value === 'bigint') return narrow(value)
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(plain)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}

const narrow = (value: bigint): number | string =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value)
