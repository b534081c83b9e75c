import { mlflowScalars } from '@evenkeel/contract/mlflow'
import type { z } from 'zod'
import { failPlatform } from '../../platform/errors.ts'

type Issue = z.core.$ZodIssue

const hint = 'See the API docs for more information about request parameters.'

/** What zod found, in the sentences of MLflow, which tools match on. */
export function refusalOf(issue: Issue, sent: object): Error {
  const name = nameOf(issue.path)
  const value = valueAt(sent, issue.path)
  const why = isMissing(issue, value)
    ? `Missing value for required parameter '${name}'. ${hint}`
    : `Invalid value ${shown(value)} for parameter '${name}' supplied:  Hint: Value was of type '${typeOf(value)}'. ${hint}`
  return failPlatform('http.invalid_request', { issues: [{ path: name, message: issue.message }] }, { why })
}

const isMissing = ({ message }: Issue, value: unknown) => message === mlflowScalars.missing || value === undefined

/** `metrics[3].key` */
const nameOf = (path: Issue['path']) =>
  path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('')

const valueAt = (root: unknown, path: Issue['path']): unknown =>
  path.reduce<unknown>((at, part) => (at as Record<PropertyKey, unknown> | null | undefined)?.[part], root)

/** Long values are cut: an error is no place to send a megabyte back. */
function shown(value: unknown): string {
  const text =
    typeof value === 'bigint' ? String(value) : typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

/** As Python would call it. */
function typeOf(value: unknown): string {
  if (value === null) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return { string: 'str', boolean: 'bool', bigint: 'int', object: 'dict' }[typeof value as string] ?? typeof value
}
