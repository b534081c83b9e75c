import {
  evaluateCondition,
  type Expression,
  ExpressionError,
  type Facts,
  impliesSuccess,
  nameOf,
  outlivesCancel,
  parseExpression,
  type Reference,
  referencesOf,
  type StepResult,
  type StepSpec,
} from '@evenkeel/contract'
import { type End, end } from './ending.ts'
import { changeStep, type PlannedStep, type RunNow, type States, type StepLeft, type StepNow } from './states.ts'

type When = Pick<StepSpec, 'when'>
type Condition = Extract<StepSpec['when'], object>

/** A plan is decided about many times, and its conditions never change. */
const known = new WeakMap<Condition, Expression>()

function expressionOf(condition: Condition): Expression {
  const found = known.get(condition) ?? parseExpression(condition.condition)
  known.set(condition, found)
  return found
}

/** Whether a step runs only when all that it needs has succeeded. */
export const needsSuccess = ({ when }: When): boolean =>
  typeof when === 'object' ? impliesSuccess(expressionOf(when)) : when === 'success'

/** Whether it also runs after its run was cancelled. */
export const staysAfterCancel = ({ when }: When): boolean =>
  typeof when === 'object' ? outlivesCancel(expressionOf(when)) : when === 'always'

/** Whether a key is this name, or that of one of its matrix. */
export const isInstance = (key: string, name: string): boolean => key === name || key.startsWith(`${name}[`)

/**
 * Decides the condition of a step, once all that it needs has ended: it is ready, it is skipped and says why, or it
 * fails because a value is missing. Steps whose values have not been read yet are asked for first.
 */
export function decideCondition(
  condition: Condition,
  planned: PlannedStep,
  needs: readonly StepNow[],
  run: RunNow,
):
  | { readonly reads: readonly string[] }
  | { readonly action: End | { readonly kind: 'ready'; readonly step: string } } {
  const expression = expressionOf(condition)
  const reads = unread(expression, needs)
  if (reads.length > 0) return { reads }
  try {
    const outcome = evaluateCondition(condition.condition, expression, factsOf(planned, needs, run))
    return outcome.isTrue ? { action: { kind: 'ready', step: planned.key } } : end(planned, 'skipped', outcome.says)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return end(planned, 'failed', `Its condition cannot be decided. ${error.message}${whatIsThere(expression, needs)}`)
  }
}

const hasLeft = ({ state }: StepNow): boolean => state === 'succeeded' || state === 'cached'

/** What a condition reads of what steps wrote. */
const written = (expression: Expression) =>
  referencesOf(expression).filter(({ to }) => to === 'outputs' || to === 'metrics') as Written[]
type Written = Extract<Reference, { to: 'outputs' | 'metrics' }>

function unread(expression: Expression, needs: readonly StepNow[]): string[] {
  const names = written(expression).map(({ step }) => step)
  return needs
    .filter((step) => step.left === null && hasLeft(step) && names.some((name) => isInstance(step.key, name)))
    .map(({ key }) => key)
}

function factsOf({ matrix }: PlannedStep, needs: readonly StepNow[], run: RunNow): Facts {
  return {
    params: run.params,
    matrix,
    trigger: run.trigger,
    value: (step, name) => needs.find(({ key }) => key === step)?.left?.values[name],
    metric: (step, name) => needs.find(({ key }) => key === step)?.left?.metrics[name],
    result: (step) => resultOf(needs.filter(({ key }) => isInstance(key, step))),
    status: {
      success: needs.every(hasLeft),
      failure: needs.some(({ state }) => state === 'failed'),
      cancelled: run.cancel !== null,
    },
  }
}

/** Of several of a matrix, what is worst. */
function resultOf(steps: readonly StepNow[]): StepResult | undefined {
  if (steps.length === 0) return undefined
  if (steps.some(({ state }) => state === 'failed')) return 'failure'
  if (steps.some(({ state }) => state === 'cancelled')) return 'cancelled'
  return steps.every(hasLeft) ? 'success' : 'skipped'
}

/** Of each value that is missing, what its step has written instead. */
function whatIsThere(expression: Expression, needs: readonly StepNow[]): string {
  const missing = written(expression).flatMap((reference) => {
    const step = needs.find(({ key }) => key === reference.step)
    const left = (reference.to === 'outputs' ? step?.left?.values : step?.left?.metrics) ?? {}
    if (left[reference.name] !== undefined) return []
    const nothing = reference.to === 'outputs' ? 'no values' : 'no metrics without labels'
    const wrote = step && hasLeft(step) ? `wrote ${Object.keys(left).join(', ') || nothing}` : step?.state
    return [`${nameOf(reference)} is missing: "${reference.step}" ${wrote ?? 'is not there'}.`]
  })
  return missing.map((line) => ` ${line}`).join('')
}

/** The small values and metrics that a step has written or taken over. */
export const recordLeft = (states: States, key: string, left: StepLeft): States =>
  changeStep(states, key, (step) => ({ ...step, left }))
