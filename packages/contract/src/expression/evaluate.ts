import type { ParamValue } from '../triggers.ts'
import { type Expression, ExpressionError, type Operator, type Reference } from './ast.ts'

export type StepResult = 'success' | 'failure' | 'skipped' | 'cancelled'

/** What a condition may read. What is not there is `undefined`. */
export interface Facts {
  readonly params: Readonly<Record<string, ParamValue>>
  readonly matrix: Readonly<Record<string, ParamValue>>
  readonly trigger: string
  /** A small value that a step wrote: always text. */
  value(step: string, name: string): string | undefined
  /** The newest value of a metric that a step reported without labels. */
  metric(step: string, name: string): number | undefined
  result(step: string): StepResult | undefined
  readonly status: Readonly<Record<'success' | 'failure' | 'cancelled', boolean>>
}

/** Text that a step wrote reads as a number or as true and false, where it is compared with one. */
type Value = ParamValue | Written
interface Written {
  readonly written: string
}

export interface Outcome {
  readonly isTrue: boolean
  /** The smallest part that decided it, when it is false, and what was read there. */
  readonly says: string
}

/**
 * Decides a condition.
 *
 * @throws ExpressionError when a value is missing or cannot be compared; never a silent false
 */
export function evaluateCondition(text: string, expression: Expression, facts: Facts): Outcome {
  const isTrue = truthOf(expression, facts)
  if (isTrue) return { isTrue, says: '' }
  const part = falsePartOf(expression, facts)
  const reads = new Map(readBy(part, facts))
  const where = [...reads].map(([name, value]) => `${name} is ${JSON.stringify(value)}`).join(' and ')
  const source = text.slice(part.start, part.end)
  return { isTrue, says: `The condition ${source} is false${where ? `, for ${where}` : ''}.` }
}

/** Of several that must all be true, the first that is not. */
function falsePartOf(expression: Expression, facts: Facts): Expression {
  if (expression.kind !== 'binary' || expression.operator !== '&&') return expression
  const { left, right } = expression
  return falsePartOf(truthOf(left, facts) ? right : left, facts)
}

/** What a part reads, as far as it can be read: an unread branch may miss a value. */
function readBy(expression: Expression, facts: Facts): (readonly [string, unknown])[] {
  switch (expression.kind) {
    case 'literal':
      return []
    case 'reference': {
      const value = lookUp(expression.reference, facts)
      return value === undefined ? [] : [[nameOf(expression.reference), plain(value)]]
    }
    case 'call':
      return expression.args.flatMap((part) => readBy(part, facts))
    case 'not':
      return readBy(expression.operand, facts)
    case 'binary':
      return [...readBy(expression.left, facts), ...readBy(expression.right, facts)]
  }
}

const isWritten = (value: Value): value is Written =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'written' in value
const plain = (value: Value): ParamValue => (isWritten(value) ? value.written : value)

function truthOf(expression: Expression, facts: Facts): boolean {
  const value = valueOf(expression, facts)
  if (typeof value === 'boolean') return value
  if (isWritten(value) && (value.written === 'true' || value.written === 'false')) return value.written === 'true'
  throw new ExpressionError(
    `It is asked whether ${JSON.stringify(plain(value))} is true, and it is neither.`,
    expression.start,
  )
}

function valueOf(expression: Expression, facts: Facts): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'reference':
      return read(expression.reference, expression.start, facts)
    case 'not':
      return !truthOf(expression.operand, facts)
    case 'call':
      return callOf(expression, facts)
    case 'binary':
      return binary(expression, facts)
  }
}

function read(reference: Reference, at: number, facts: Facts): Value {
  const value = lookUp(reference, facts)
  if (Number.isNaN(value))
    throw new ExpressionError(`${nameOf(reference)} is NaN, which is neither more nor less than anything.`, at)
  if (value !== undefined && value !== null) return value
  throw new ExpressionError(`There is no value ${nameOf(reference)}.`, at)
}

function lookUp(reference: Reference, facts: Facts): Value | undefined {
  switch (reference.to) {
    case 'params':
    case 'matrix':
      return facts[reference.to][reference.name]
    case 'trigger':
      return facts.trigger
    case 'result':
      return facts.result(reference.step)
    case 'outputs': {
      const written = facts.value(reference.step, reference.name)
      return written === undefined ? undefined : { written }
    }
    case 'metrics':
      return facts.metric(reference.step, reference.name)
  }
}

export function nameOf(reference: Reference): string {
  switch (reference.to) {
    case 'params':
    case 'matrix':
      return `${reference.to}.${reference.name}`
    case 'trigger':
      return 'trigger.kind'
    case 'result':
      return `steps.${reference.step}.result`
    case 'outputs':
    case 'metrics':
      return `steps.${reference.step}.${reference.to}.${reference.name}`
  }
}

function callOf({ name, args, start }: Expression & { kind: 'call' }, facts: Facts): boolean {
  if (name === 'always') return true
  if (name === 'success' || name === 'failure' || name === 'cancelled') return facts.status[name]
  const [whole, part] = args.map((arg) => plain(valueOf(arg, facts)))
  if (name === 'contains' && Array.isArray(whole)) return whole.some((one) => one === String(part))
  if (typeof whole !== 'string' || typeof part !== 'string')
    throw new ExpressionError(
      `${name}() takes texts, and was given ${JSON.stringify(whole)} and ${JSON.stringify(part)}.`,
      start,
    )
  return name === 'contains' ? whole.includes(part) : whole.startsWith(part)
}

function binary({ operator, left, right, start }: Expression & { kind: 'binary' }, facts: Facts): boolean {
  if (operator === '&&') return truthOf(left, facts) && truthOf(right, facts)
  if (operator === '||') return truthOf(left, facts) || truthOf(right, facts)
  const [a, b] = alike(valueOf(left, facts), valueOf(right, facts))
  if (operator === '==' || operator === '!=') return isSame(a, b, start) === (operator === '==')
  if (typeof a !== 'number' || typeof b !== 'number') {
    const both = `${JSON.stringify(a)} and ${JSON.stringify(b)}`
    throw new ExpressionError(`"${operator}" compares numbers, and ${both} are not.`, start)
  }
  return compare(operator, a, b)
}

function compare(operator: Exclude<Operator, '&&' | '||' | '==' | '!='>, a: number, b: number): boolean {
  switch (operator) {
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}

function isSame(a: ParamValue, b: ParamValue, at: number): boolean {
  if (typeof a === typeof b && !Array.isArray(a)) return a === b
  throw new ExpressionError(`${JSON.stringify(a)} and ${JSON.stringify(b)} are of different kinds.`, at)
}

/** Reads what steps wrote as what it is compared with; two written numbers are compared as numbers. */
function alike(a: Value, b: Value): [ParamValue, ParamValue] {
  if (isWritten(a) && isWritten(b)) {
    const [x, y] = [numberIn(a.written), numberIn(b.written)]
    return x !== undefined && y !== undefined ? [x, y] : [a.written, b.written]
  }
  if (isWritten(a)) return [readAs(a.written, b as ParamValue), b as ParamValue]
  return isWritten(b) ? [a, readAs(b.written, a)] : [a, b]
}

function readAs(text: string, other: ParamValue): ParamValue {
  if (typeof other === 'number') return numberIn(text) ?? text
  if (typeof other === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function numberIn(text: string): number | undefined {
  const trimmed = text.trim()
  const value = trimmed === '' ? NaN : Number(trimmed)
  return Number.isFinite(value) ? value : undefined
}
