export {
  type Expression,
  ExpressionError,
  impliesSuccess,
  outlivesCancel,
  type Reference,
  referencesOf,
  stepsReadBy,
} from './ast.ts'
export { checkCondition, type Kind } from './check.ts'
export { evaluateCondition, type Facts, nameOf, type StepResult } from './evaluate.ts'
export { parseExpression } from './parse.ts'
