import { type RawBuilder, sql } from 'kysely'

/** Numbers as one text: many times as fast as the list that the driver would write, and exact for NaN and int64. */
export const numbers = (values: readonly (number | bigint)[], type: 'int' | 'bigint' | 'float8'): RawBuilder<unknown> =>
  sql`${`{${values.join(',')}}`}::${sql.raw(type)}[]`
