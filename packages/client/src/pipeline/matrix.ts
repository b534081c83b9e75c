import {
  combinationsOf,
  countOf,
  type Instance as Known,
  keyed,
  type Matrix,
  MatrixError,
  type MatrixSpec,
} from '@evenkeel/contract'
import { soleReference } from './expressions.ts'
import { PipelineMistake } from './mistake.ts'

/** One step of a matrix; of a matrix that a step lists, one stands for all of them. */
export interface Instance extends Known {
  /** Its values are known in a run: `named` says which names it has, `open` that any may be there. */
  readonly later?: 'named' | 'open'
}

/** Most steps a pipeline may have. */
export const stepLimit = 2000

/** @throws PipelineMistake when there is no combination, too many, or two that read the same */
export function expandMatrix(name: string, matrix: Matrix | undefined): Instance[] {
  if (!matrix) return [{ key: name, values: {} }]
  const spec = matrixFromOutput(matrix)
  if (spec) {
    const values = Object.fromEntries(Object.keys(spec.lists).map((key) => [key, '']))
    return [{ key: name, values, later: Array.isArray(spec.include) ? 'named' : 'open' }]
  }
  const { include, exclude = [], max_parallel: _, fail_fast: __, ...rest } = matrix
  const lists = rest as Record<string, Scalar[]>
  const count = countOf(lists)
  if (count > stepLimit) throw tooMany(name, count)
  const expanded = combinationsOf(lists, Array.isArray(include) ? include : [], exclude)
  if (expanded.length === 0) throw new PipelineMistake(`The matrix of "${name}" has no combination left; exclude less.`)
  if (expanded.length > stepLimit) throw tooMany(name, expanded.length)
  try {
    return keyed(name, expanded)
  } catch (error) {
    throw error instanceof MatrixError ? new PipelineMistake(error.message) : error
  }
}

type Scalar = string | number | boolean

/** A matrix of which a step lists a part; `undefined` when all of it is in the file. */
export function matrixFromOutput(matrix: Matrix | undefined): MatrixSpec | undefined {
  if (!matrix || !Object.values(matrix).some((value) => typeof value === 'string')) return undefined
  const { include = [], exclude = [], max_parallel: _, fail_fast: __, ...lists } = matrix
  const read = (value: string | Scalar[], key: string) => (typeof value === 'string' ? listFrom(value, key) : value)
  return {
    lists: Object.fromEntries(
      Object.entries(lists).map(([key, value]) => [key, read(value as string | Scalar[], key)] as const),
    ),
    include: typeof include === 'string' ? listFrom(include, 'include') : include,
    exclude,
  }
}

function listFrom(text: string, key: string): { step: string; value: string } {
  const reference = soleReference(text)
  if (reference?.to === 'steps' && !reference.all) return { step: reference.step, value: reference.output }
  throw new PipelineMistake(
    'Write a list, or ${{ steps.<step>.outputs.<value> }}: a value that the step writes as a JSON list.',
    ['matrix', key],
  )
}

/** The names of the steps that list a part of a matrix. */
export function stepsInMatrix(matrix: Matrix | undefined): string[] {
  try {
    const spec = matrixFromOutput(matrix)
    return spec
      ? [...Object.values(spec.lists), spec.include].flatMap((list) => ('step' in list ? [list.step] : []))
      : []
  } catch (error) {
    // It is said where the matrix itself is read.
    if (error instanceof PipelineMistake) return []
    throw error
  }
}

const tooMany = (name: string, count: number) =>
  new PipelineMistake(`The matrix of "${name}" has ${count} combinations, and a pipeline holds ${stepLimit} steps.`)
