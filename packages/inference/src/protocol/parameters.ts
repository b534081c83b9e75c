import type { OipParameters } from '@evenkeel/contract'
import { badRequest, Refusal } from './refusal.ts'

const none: OipParameters = {}
const notBuilt = /^(sequence_id|sequence_start|sequence_end|headers|classification|shared_memory_.*)$/

/**
 * Reads the parameters of a request, an input or an output. Names that the protocol does not define are free.
 *
 * @throws Refusal 400 for what is no parameter; 501 for what the protocol defines and this server cannot do
 */
export function readParameters(of: string, value: unknown): OipParameters {
  if (value === undefined) return none
  if (!isObject(value)) throw badRequest(`The parameters of ${of} are not an object.`)
  for (const [name, parameter] of Object.entries(value)) checkParameter(of, name, parameter)
  return value as OipParameters
}

function checkParameter(of: string, name: string, value: unknown): void {
  if (name.startsWith('triton_')) throw badRequest(`The parameter "${name}" of ${of} is reserved; rename it.`)
  if (notBuilt.test(name)) throw new Refusal(501, `The parameter "${name}" of ${of} is not supported; leave it out.`)
  if (name === 'special_floats' && value !== 'string') {
    throw badRequest('The parameter "special_floats" can only be "string".')
  }
  if (name === 'priority' && value !== 0 && value !== 1) {
    throw new Refusal(
      501,
      `All requests have one priority, so "priority": ${String(value)} is not supported; leave it out.`,
    )
  }
  if (!['string', 'number', 'boolean', 'bigint'].includes(typeof value)) {
    throw badRequest(`The parameter "${name}" of ${of} is no string, number or boolean.`)
  }
}

/**
 * A parameter of one type, or undefined when it is absent.
 *
 * @throws Refusal (400) when it has another type
 */
export function parameter<T extends 'string' | 'number' | 'boolean'>(
  parameters: OipParameters,
  name: string,
  type: T,
): { string: string; number: number; boolean: boolean }[T] | undefined {
  const value = parameters[name]
  if (value === undefined) return undefined
  if (typeof value !== type) throw badRequest(`The parameter "${name}" must be a ${type}.`)
  return value as { string: string; number: number; boolean: boolean }[T]
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
