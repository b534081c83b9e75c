/** What an expression reads. */
export type Reference =
  | { readonly to: 'params' | 'matrix'; readonly name: string }
  | { readonly to: 'outputs' | 'metrics'; readonly step: string; readonly name: string }
  | { readonly to: 'result'; readonly step: string }
  | { readonly to: 'trigger' }

export const operators = ['||', '&&', '==', '!=', '<', '<=', '>', '>='] as const
export type Operator = (typeof operators)[number]

/** How many arguments each function takes. */
export const functions = { success: 0, failure: 0, always: 0, cancelled: 0, contains: 2, startsWith: 2 } as const
export type FunctionName = keyof typeof functions

/** Where it stands in the text: from `start` up to and without `end`, in UTF-16 code units. */
export interface Place {
  readonly start: number
  readonly end: number
}

export type Expression =
  | ({ readonly kind: 'literal'; readonly value: string | number | boolean } & Place)
  | ({ readonly kind: 'reference'; readonly reference: Reference } & Place)
  | ({ readonly kind: 'call'; readonly name: FunctionName; readonly args: readonly Expression[] } & Place)
  | ({ readonly kind: 'not'; readonly operand: Expression } & Place)
  | ({
      readonly kind: 'binary'
      readonly operator: Operator
      readonly left: Expression
      readonly right: Expression
    } & Place)

/** A condition that cannot be read or makes no sense; `at` is where, in UTF-16 code units from its start. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

/** The parts of an expression, from the left, itself first. */
export function* partsOf(expression: Expression): Generator<Expression> {
  yield expression
  const inner =
    expression.kind === 'call'
      ? expression.args
      : expression.kind === 'not'
        ? [expression.operand]
        : expression.kind === 'binary'
          ? [expression.left, expression.right]
          : []
  for (const part of inner) yield* partsOf(part)
}

export const referencesOf = (expression: Expression): Reference[] =>
  [...partsOf(expression)].flatMap((part) => (part.kind === 'reference' ? [part.reference] : []))

/** The names of the steps it reads, once each. */
export const stepsReadBy = (expression: Expression): string[] => [
  ...new Set(referencesOf(expression).flatMap((reference) => ('step' in reference ? [reference.step] : []))),
]

const calls = (expression: Expression, ...names: readonly FunctionName[]): boolean =>
  [...partsOf(expression)].some((part) => part.kind === 'call' && names.includes(part.name))

/**
 * Whether all that the step needs must have succeeded beside it: so it is unless the condition itself asks how they
 * ended.
 */
export const impliesSuccess = (expression: Expression): boolean =>
  !calls(expression, 'success', 'failure', 'always', 'cancelled') &&
  !referencesOf(expression).some(({ to }) => to === 'result')

/** Whether it is also asked after the run was cancelled. */
export const outlivesCancel = (expression: Expression): boolean => calls(expression, 'always', 'cancelled')
