import type { FileStep, ParamValue } from '@evenkeel/contract'
import { hasPlaceholder, soleReference } from './expressions.ts'
import type { Instance } from './matrix.ts'
import { PipelineMistake } from './mistake.ts'
import type { Scope } from './scope.ts'

/** What one step has of its own: a value as it is written, or the one of its matrix that has this name. */
export type OwnValue = { readonly value: ParamValue } | { readonly matrix: string }

/** The step that takes values: what its command may name, and what it becomes. */
export interface Taker {
  readonly scope: Scope
  readonly instances: readonly Instance[]
}

type WithValue = NonNullable<FileStep['with']>[string]
export type PlainValue = Exclude<WithValue, object> | string[]

/**
 * Reads a value that is known before a run; `undefined` when it is not.
 *
 * @throws PipelineMistake when it names what the matrix does not have
 */
export function ownValueOf(value: PlainValue, { scope, instances }: Taker): OwnValue | undefined {
  if (!hasPlaceholder(String(value))) return { value }
  const reference = typeof value === 'string' ? soleReference(value) : undefined
  if (reference?.to !== 'matrix') return undefined
  scope.variableOf(`matrix.${reference.name}`)
  return instances.some(({ later }) => later) ? undefined : { matrix: reference.name }
}

/** The values that a step of a matrix has of its own. */
export const ownValuesIn = (
  own: Readonly<Record<string, OwnValue>>,
  { values }: Instance,
): Record<string, ParamValue> =>
  Object.fromEntries(
    Object.entries(own).map(([name, one]) => [name, 'value' in one ? one.value : values[one.matrix]!] as const),
  )

/** @throws PipelineMistake for the first value that `whyNot` says something about, in any step of the matrix */
export function checkOwn(
  own: OwnValue,
  instances: readonly Instance[],
  whyNot: (value: ParamValue) => string | undefined,
) {
  for (const { values } of instances) {
    const why = whyNot('value' in own ? own.value : values[own.matrix]!)
    if (why !== undefined) throw new PipelineMistake(why)
  }
}
