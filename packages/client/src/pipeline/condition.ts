import {
  checkCondition,
  didYouMean,
  type Expression,
  ExpressionError,
  type FileStep,
  type Kind,
  parseExpression,
  type Reference,
  type StepSpec,
  stepsReadBy,
} from '@evenkeel/contract'
import { type Outline, type Surroundings, unknownParam, unknownStep } from './inputs.ts'
import { PipelineMistake } from './mistake.ts'

/** When a step runs, and the steps that its condition reads. */
export interface CompiledCondition {
  readonly when?: StepSpec['when']
  readonly needs: readonly string[]
}

const outcomes = { 'success()': 'success', 'failure()': 'failure', 'always()': 'always' } as const
const isOutcome = (text: string): text is keyof typeof outcomes => Object.hasOwn(outcomes, text)

/** @throws PipelineMistake for a condition that cannot be read, or reads what is not there */
export function conditionOf({ when }: FileStep, { instances }: Outline, around: Surroundings): CompiledCondition {
  if (when === undefined) return { needs: [] }
  const text = bare(when)
  if (isOutcome(text)) return { when: outcomes[text], needs: [] }
  const expression = inFile(text, () => {
    const parsed = parseExpression(text)
    checkCondition(parsed, (reference, at) => kindOf(reference, at, instances, around))
    return parsed
  })
  const needs = stepsReadBy(expression).flatMap((step) => around.outlines.get(step)!.instances.map(({ key }) => key))
  return { when: { condition: text }, needs }
}

/** The names of the steps that a condition reads; none when it cannot be read, which is said elsewhere. */
export function stepsInCondition({ when }: Pick<FileStep, 'when'>): string[] {
  if (when === undefined) return []
  try {
    return stepsReadBy(parseExpression(bare(when)))
  } catch (error) {
    if (error instanceof ExpressionError) return []
    throw error
  }
}

function bare(when: string): string {
  const [, inner] = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(when) ?? []
  return (inner ?? when).trim()
}

function inFile(text: string, work: () => Expression): Expression {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const place = text.slice(error.at, error.at + 20)
    throw new PipelineMistake(`${error.message}${place ? ` It is at character ${error.at + 1}: ${place}` : ''}`)
  }
}

const kinds = {
  string: 'text',
  number: 'number',
  boolean: 'boolean',
  list: 'list',
  duration: 'text',
  moment: 'text',
} as const

function kindOf(reference: Reference, at: number, instances: Outline['instances'], around: Surroundings): Kind {
  switch (reference.to) {
    case 'trigger':
      return 'text'
    case 'params': {
      const declared = around.params[reference.name]
      if (!declared) throw new ExpressionError(unknownParam(reference.name, around.params).message, at)
      return kinds[declared.type]
    }
    case 'matrix':
      return kindInMatrix(reference.name, at, instances)
    case 'result':
      outlineOf(reference.step, at, around)
      return 'text'
    case 'outputs':
      checkValue(reference, at, outlineOf(reference.step, at, around))
      return 'written'
    case 'metrics':
      requireOne(reference.step, at, outlineOf(reference.step, at, around))
      return 'number'
  }
}

function outlineOf(step: string, at: number, { outlines }: Surroundings): Outline {
  const outline = outlines.get(step)
  if (!outline) throw new ExpressionError(unknownStep(step, outlines.keys()).message, at)
  return outline
}

function kindInMatrix(name: string, at: number, instances: Outline['instances']): Kind {
  if (instances.some(({ later }) => later === 'open')) return 'written'
  const names = [...new Set(instances.flatMap(({ values }) => Object.keys(values)))]
  const found = new Set(instances.map(({ values }) => typeof values[name]))
  if (found.has('undefined'))
    throw new ExpressionError(`Not every combination of the matrix has "${name}".${didYouMean(name, names)}`, at)
  const [kind] = found
  return found.size > 1 || instances[0]?.later ? 'written' : kind === 'string' ? 'text' : (kind as 'number' | 'boolean')
}

function checkValue(
  { step, name }: Extract<Reference, { to: 'outputs' | 'metrics' }>,
  at: number,
  outline: Outline,
): void {
  requireOne(step, at, outline)
  if (outline.outputs.includes(name))
    throw new ExpressionError(
      `"${name}" is a file that "${step}" leaves; a condition reads small values, which it appends to $EVENKEEL_OUTPUT.`,
      at,
    )
}

function requireOne(step: string, at: number, { hasMatrix }: Outline): void {
  if (hasMatrix) throw new ExpressionError(`The step "${step}" is a matrix; a condition reads values of one step.`, at)
}
