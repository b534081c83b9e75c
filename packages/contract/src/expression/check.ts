import { type Expression, ExpressionError, type Reference } from './ast.ts'

/** `written` is what a step writes: text that may read as a number or as true and false. */
export type Kind = 'text' | 'number' | 'boolean' | 'list' | 'written'

/** The kind of what a reference reads. @throws ExpressionError when it is not there */
export type KindOf = (reference: Reference, at: number) => Kind

const results = ['success', 'failure', 'skipped', 'cancelled']

/** Checks that a condition is one, as far as kinds are known before a run. @throws ExpressionError */
export function checkCondition(expression: Expression, kindOf: KindOf): void {
  expectTruth(expression, kindOf)
}

function expectTruth(expression: Expression, kindOf: KindOf): void {
  const kind = kindIn(expression, kindOf)
  if (kind === 'boolean' || kind === 'written') return
  throw new ExpressionError(
    `It must be true or false here, and this is a ${kind}; compare it with something.`,
    expression.start,
  )
}

function kindIn(expression: Expression, kindOf: KindOf): Kind {
  switch (expression.kind) {
    case 'literal':
      return typeof expression.value === 'string' ? 'text' : (typeof expression.value as 'number' | 'boolean')
    case 'reference':
      return kindOf(expression.reference, expression.start)
    case 'not':
      expectTruth(expression.operand, kindOf)
      return 'boolean'
    case 'call':
      return checkCall(expression, kindOf)
    case 'binary':
      return checkBinary(expression, kindOf)
  }
}

function checkCall({ name, args }: Expression & { kind: 'call' }, kindOf: KindOf): Kind {
  for (const [at, arg] of args.entries()) {
    const kind = kindIn(arg, kindOf)
    const isFit = kind === 'text' || kind === 'written' || (kind === 'list' && name === 'contains' && at === 0)
    if (!isFit) throw new ExpressionError(`${name}() takes text here, and this is a ${kind}.`, arg.start)
  }
  return 'boolean'
}

function checkBinary({ operator, left, right }: Expression & { kind: 'binary' }, kindOf: KindOf): Kind {
  if (operator === '&&' || operator === '||') {
    expectTruth(left, kindOf)
    expectTruth(right, kindOf)
    return 'boolean'
  }
  const [a, b] = [kindIn(left, kindOf), kindIn(right, kindOf)]
  if (operator === '==' || operator === '!=') {
    checkSame(left, right, a, b)
    return 'boolean'
  }
  for (const [side, kind] of [[left, a] as const, [right, b] as const]) {
    if (kind !== 'number' && kind !== 'written')
      throw new ExpressionError(`"${operator}" compares numbers, and this is a ${kind}.`, side.start)
  }
  return 'boolean'
}

function checkSame(left: Expression, right: Expression, a: Kind, b: Kind): void {
  if (a === 'list' || b === 'list')
    throw new ExpressionError('A list equals nothing; ask contains(list, value).', (a === 'list' ? left : right).start)
  if (a !== b && a !== 'written' && b !== 'written')
    throw new ExpressionError(`A ${a} never equals a ${b}.`, right.start)
  for (const [one, other] of [[left, right] as const, [right, left] as const]) {
    const isResult = one.kind === 'reference' && one.reference.to === 'result'
    if (isResult && other.kind === 'literal' && !results.includes(String(other.value)))
      throw new ExpressionError(`A step never ends as "${other.value}"; there are ${results.join(', ')}.`, other.start)
  }
}
