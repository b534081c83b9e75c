import { type RawBuilder, sql } from 'kysely'

/** A bigint as JSON: a number as long as that is exact, then a text. */
export const exact = (integer: string): RawBuilder<unknown> =>
  sql.raw(
    `case when ${integer} between -9007199254740991 and 9007199254740991 then ${integer}::text else '"' || ${integer} || '"' end`,
  )

/** A double as JSON, which has no word for NaN and infinities: they are texts. */
export const finite = (double: string): RawBuilder<unknown> =>
  sql.raw(`case when ${double} between '-1.7976931348623157e308' and '1.7976931348623157e308'
    then ${double}::text else '"' || ${double} || '"' end`)
