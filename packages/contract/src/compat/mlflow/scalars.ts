import { z } from 'zod'

/** What the mount turns into MLflow's sentence about a missing parameter. */
export const missing = 'missing'

/** A text that must be there and hold something. */
export const required = z.string({ error: ({ input }) => (input === undefined ? missing : undefined) }).min(1, missing)

const digits = /^-?\d{1,19}$/

/** int64: a number, its digits as text, or a bigint that the body reader kept exact beyond 2^53. Answers with what is exact. */
export const int64 = z.preprocess(exactInteger, z.union([z.int(), z.int64()]))

function exactInteger(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value !== 'string' || !digits.test(value)) return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : BigInt(value)
}

/** int32 that arrives as a number or, in a query, as text. */
export const int32 = z.preprocess(
  (value) => (typeof value === 'string' && digits.test(value) ? Number(value) : value),
  z.int32(),
)

/** double: NaN and infinities come as text, and so may numbers; what was too long for a number comes as a bigint. */
export const double = z.preprocess(
  nearestDouble,
  z.union([z.number(), z.nan(), z.literal(Infinity), z.literal(-Infinity)]),
)

function nearestDouble(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string' || value.trim() === '') return value
  const number = Number(value)
  return Number.isNaN(number) && value !== 'NaN' ? value : number
}

/** A flag of a body, or `True` and `False` of a query that Python wrote. */
export const flag = z.preprocess(
  (value) => (typeof value === 'string' ? ({ true: true, false: false }[value.toLowerCase()] ?? value) : value),
  z.boolean(),
)

/** A repeated field: none when absent, and in a query one value may stand alone. */
export const repeated = <S extends z.ZodType>(item: S) =>
  z.preprocess(
    (value) => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]),
    z.array(item),
  )

/** An enum that comes by name or by number and is known by its name. */
export function enumeration<const T extends Readonly<Record<string, number>>>(numbers: T) {
  const names = Object.keys(numbers) as (keyof T & string)[]
  const byNumber = new Map(names.map((name) => [String(numbers[name]), name]))
  return z.preprocess((value) => byNumber.get(String(value)) ?? value, z.enum(names as [keyof T & string]))
}

/** An int64 of an answer: beyond 2^53 as text. */
export const int64Reply = z.union([z.number(), z.string()])

/** A double of an answer: NaN and infinities as text, since JSON has no word for them. */
export const doubleReply = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])

export const keyValue = z.object({ key: z.string(), value: z.string() })
