import { type Expression, ExpressionError, type FunctionName, functions, type Operator, type Reference } from './ast.ts'
import { type Token, tokensOf } from './lex.ts'

const longest = 2000
const deepest = 50

/** What binds weakest first; operators of one line bind alike, from the left. */
const levels: readonly (readonly Operator[])[] = [['||'], ['&&'], ['==', '!='], ['<', '<=', '>', '>=']]

/** Reads a condition. @throws ExpressionError with the place of the first mistake */
export function parseExpression(text: string): Expression {
  if (text.length > longest) throw new ExpressionError(`A condition has ${longest} characters at most.`, longest)
  const tokens = tokensOf(text)
  let at = 0
  let depth = 0

  const next = (): Token => tokens[at]!
  const isSign = (...signs: readonly string[]): boolean =>
    next().kind === 'sign' && signs.includes(String(next().value))

  function take(sign: string, what: string): Token {
    const token = next()
    if (!isSign(sign)) throw new ExpressionError(`${what} ${found(token)}`, token.start)
    at++
    return token
  }

  function level(index: number): Expression {
    const operators = levels[index]
    if (!operators) return unary()
    let left = level(index + 1)
    while (isSign(...operators)) {
      const operator = next().value as Operator
      at++
      const right = level(index + 1)
      left = { kind: 'binary', operator, left, right, start: left.start, end: right.end }
    }
    return left
  }

  function unary(): Expression {
    if (++depth > deepest) throw new ExpressionError(`A condition is ${deepest} levels deep at most.`, next().start)
    try {
      if (!isSign('!')) return primary()
      const { start } = take('!', '')
      const operand = unary()
      return { kind: 'not', operand, start, end: operand.end }
    } finally {
      depth--
    }
  }

  function primary(): Expression {
    const token = next()
    const { start, end } = token
    if (isSign('(')) {
      at++
      const inner = level(0)
      return { ...inner, start, end: take(')', 'A bracket is not closed:').end }
    }
    if (token.kind === 'text' || token.kind === 'number') {
      at++
      return { kind: 'literal', value: token.value, start, end }
    }
    if (token.kind !== 'name') throw new ExpressionError(`A value is missing: ${found(token)}`, start)
    at++
    if (token.value === 'true' || token.value === 'false') {
      return { kind: 'literal', value: token.value === 'true', start, end }
    }
    return isSign('(') ? call(token) : reference(token)
  }

  function call({ value, start }: Token): Expression {
    const name = String(value)
    if (!isFunction(name)) throw new ExpressionError(`There is no function "${name}"; ${known}.`, start)
    take('(', '')
    const args: Expression[] = []
    while (!isSign(')')) {
      if (args.length > 0) take(',', 'A comma is missing:')
      args.push(level(0))
    }
    const { end } = take(')', '')
    if (args.length === functions[name]) return { kind: 'call', name, args, start, end }
    throw new ExpressionError(`${name}() takes ${functions[name] || 'no'} values and is given ${args.length}.`, start)
  }

  function reference({ value, start }: Token): Expression {
    const path = [String(value)]
    let { end } = tokens[at - 1]!
    while (isSign('.')) {
      at++
      const part = next()
      if (part.kind !== 'name' && part.kind !== 'number')
        throw new ExpressionError(`A name is missing: ${found(part)}`, part.start)
      path.push(text.slice(part.start, part.end))
      end = part.end
      at++
    }
    return { kind: 'reference', reference: referenceOf(path, start), start, end }
  }

  const whole = level(0)
  if (next().kind !== 'end') throw new ExpressionError(`Something is left over: ${found(next())}`, next().start)
  return whole
}

const isFunction = (name: string): name is FunctionName => Object.hasOwn(functions, name)
const known = `there are ${Object.keys(functions).join(', ')}`

const found = (token: Token): string =>
  token.kind === 'end' ? 'the condition ends here.' : `"${token.value}" stands here.`

const understood = 'params.x, matrix.x, steps.s.outputs.x, steps.s.metrics.x, steps.s.result and trigger.kind'

function referenceOf(path: readonly string[], at: number): Reference {
  const [context, first, second, third] = path
  if ((context === 'params' || context === 'matrix') && path.length === 2) return { to: context, name: first! }
  if (context === 'trigger' && first === 'kind' && path.length === 2) return { to: 'trigger' }
  if (context === 'steps' && second === 'result' && path.length === 3) return { to: 'result', step: first! }
  if (context === 'steps' && second === 'outputs' && path.length === 4)
    return { to: 'outputs', step: first!, name: third! }
  // Nested metrics of a metrics.json have dots in their names.
  if (context === 'steps' && second === 'metrics' && path.length >= 4)
    return { to: 'metrics', step: first!, name: path.slice(3).join('.') }
  throw new ExpressionError(`"${path.join('.')}" cannot be read; a condition reads ${understood}.`, at)
}
