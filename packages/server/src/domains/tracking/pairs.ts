import { sql } from 'kysely'

export interface KeyValue {
  readonly key: string
  readonly value: string
}

/** Keys and values as a table `sent (key, value)` of a statement. */
export const pairs = (list: readonly KeyValue[]) =>
  sql`unnest(${list.map(({ key }) => key)}::text[], ${list.map(({ value }) => value)}::text[]) as sent (key, value)`
