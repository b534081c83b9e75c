import { z } from 'zod'
import { EventTime } from './common.ts'
import type { ParamValue } from './triggers.ts'

/** `30s`, `10m`, `6h` or `5d`. */
export const Duration = z.string().regex(/^[1-9]\d{0,8}[smhd]$/, { error: 'write a duration as in 30s, 10m, 6h or 5d' })

const described = { description: z.string().max(2000).optional() }
const bounds = { min: z.number().optional(), max: z.number().optional() }

/** A param as a file declares it. */
export const ParamDeclaration = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('string'), default: z.string().optional(), ...described }),
  z.strictObject({ type: z.literal('number'), default: z.number().optional(), ...bounds, ...described }),
  z.strictObject({ type: z.literal('boolean'), default: z.boolean().optional(), ...described }),
  z.strictObject({ type: z.literal('list'), default: z.array(z.string()).optional(), ...described }),
  z.strictObject({ type: z.literal('duration'), default: Duration.optional(), ...described }),
  /** A moment of event time, ISO 8601 in UTC. */
  z.strictObject({ type: z.literal('moment'), default: EventTime.optional(), ...described }),
])
export type ParamDeclaration = z.infer<typeof ParamDeclaration>

/** What the values of a param must be. Its default is no part of it. */
export const DeclaredParam = z.discriminatedUnion('type', [
  z.object({ type: z.literal('number'), ...bounds, ...described }),
  z.object({ type: z.enum(['string', 'boolean', 'list', 'duration', 'moment']), ...described }),
])
export type DeclaredParam = z.infer<typeof DeclaredParam>

const valueOf = {
  string: z.string(),
  number: z.number(),
  boolean: z.boolean(),
  list: z.array(z.string()),
  duration: Duration,
  moment: EventTime,
} as const satisfies Record<DeclaredParam['type'], z.ZodType>

/** Whether a param may have a value. Nothing is converted: the text "1" is no number. */
export function isAllowed(declared: DeclaredParam, value: ParamValue): boolean {
  if (!valueOf[declared.type].safeParse(value).success) return false
  if (declared.type !== 'number' || typeof value !== 'number') return true
  const { min = -Infinity, max = Infinity } = declared
  return min <= value && value <= max
}

const words = {
  string: 'text',
  boolean: 'true or false',
  list: 'a list of texts',
  duration: 'a duration as in 30s, 10m, 6h or 5d',
  moment: 'a moment in UTC as in 2001-01-01T00:00:00Z',
} as const

/** What a param may be: `a number from 0 to 1`. */
export function allowedWords(declared: DeclaredParam): string {
  if (declared.type !== 'number') return words[declared.type]
  const { min, max } = declared
  if (min !== undefined && max !== undefined) return `a number from ${min} to ${max}`
  if (min !== undefined) return `a number of at least ${min}`
  return max === undefined ? 'a number' : `a number of at most ${max}`
}

/** Why a param may not have a value, in a sentence; `undefined` when it may. */
export function whyNotValue(name: string, declared: DeclaredParam, value: ParamValue): string | undefined {
  if (isAllowed(declared, value)) return undefined
  const text = JSON.stringify(value)
  const given = text.length > 80 ? `${text.slice(0, 79)}…` : text
  return `The param "${name}" cannot be ${given}: it must be ${allowedWords(declared)}.`
}
