import { didYouMean, type ParamDeclaration } from '@evenkeel/contract'
import { variableName, type VariableOf } from './command.ts'
import { parseReference } from './expressions.ts'
import type { Instance } from './matrix.ts'
import { misplacedSecret } from './secrets.ts'
import { PipelineMistake } from './mistake.ts'

/** What a command may name in placeholders. */
export interface Names {
  readonly params: Readonly<Record<string, ParamDeclaration>>
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Every instance of the step; a name must be known in each. */
  readonly instances: readonly Instance[]
}

export interface Scope {
  readonly variableOf: VariableOf
  /** The params that were named so far. */
  readonly usedParams: ReadonlySet<string>
}

export function openScope(names: Names): Scope {
  const usedParams = new Set<string>()
  const variableOf = (expression: string): string => {
    const reference = parseReference(expression)
    if (reference.to === 'steps') {
      throw new PipelineMistake(
        `Declare the output as an input, as in inputs: { data: "\${{${expression}}}" }, and write \${{ inputs.data }}.`,
      )
    }
    if (reference.to === 'secrets') throw misplacedSecret(reference.name)
    const { to, name } = reference
    const known = knownNames(names, to)
    const isOpen = to === 'matrix' && names.instances.some(({ later }) => later === 'open')
    if (!known.includes(name) && !isOpen) throw unknownName(to, name, known)
    if (to === 'params') usedParams.add(name)
    return `EVENKEEL_${kinds[to]}_${variableName(name)}`
  }
  return { variableOf, usedParams }
}

const kinds = { params: 'PARAM', matrix: 'MATRIX', inputs: 'INPUT', outputs: 'OUTPUT' } as const

function knownNames({ params, inputs, outputs, instances }: Names, to: keyof typeof kinds): readonly string[] {
  switch (to) {
    case 'params':
      return Object.keys(params)
    case 'matrix':
      return Object.keys(instances[0]!.values).filter((name) => instances.every(({ values }) => name in values))
    case 'inputs':
      return inputs
    case 'outputs':
      return outputs
  }
}

function unknownName(to: keyof typeof kinds, name: string, known: readonly string[]): PipelineMistake {
  const what = {
    params: `No param "${name}" is declared; add it under "params".`,
    matrix: `The matrix of the step has no "${name}" in each of its combinations; add it there.`,
    inputs: `The step has no input "${name}"; add it under its "inputs".`,
    outputs: `The step has no output "${name}"; add it under its "outputs".`,
  }
  return new PipelineMistake(`${what[to]}${didYouMean(name, known)}`)
}

/** Names become variables, where `a-b` and `a_b` are the same. @throws PipelineMistake when two meet */
export function checkVariables(names: readonly string[]): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const before = seen.get(variableName(name))
    if (before !== undefined && before !== name) {
      throw new PipelineMistake(`"${before}" and "${name}" would be the same variable for a command; rename one.`, [
        name,
      ])
    }
    seen.set(variableName(name), name)
  }
}
