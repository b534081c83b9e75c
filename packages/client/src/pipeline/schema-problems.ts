import { didYouMean } from '@evenkeel/contract'
import { z } from 'zod'
import type { Path, PipelineProblem } from './mistake.ts'
import { notYet } from './not-yet.ts'

type Issue = z.core.$ZodIssue

/** What a schema has against a value, in words that say what to write instead. */
export function explainIssues(error: z.core.$ZodError, schema: z.core.$ZodType): PipelineProblem[] {
  return error.issues.flatMap((issue) => explainIssue(issue, [], schema))
}

function explainIssue(issue: Issue, before: Path, schema: z.core.$ZodType): PipelineProblem[] {
  const path = [...before, ...(issue.path as (string | number)[])]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], at: 'key', message: explainKey(key, path, schema) }))
    case 'invalid_key':
      return [{ path, at: 'key', message: `"${String(path.at(-1))}": ${issue.issues[0]?.message ?? issue.message}` }]
    case 'invalid_union':
      return explainUnion(issue, path, schema)
    case 'invalid_value':
      return [{ path, at: 'value', message: `${refused(path) ?? ''}It must be ${wordsOf(issue.values)}.` }]
    case 'invalid_type':
      return [explainType(issue, path)]
    case 'invalid_format':
    case 'too_small':
    case 'too_big':
    case 'not_multiple_of':
    case 'invalid_element':
    case 'custom':
      return [{ path, at: 'value', message: sentence(issue.message) }]
  }
}

function explainKey(key: string, path: Path, schema: z.core.$ZodType): string {
  const later = notYet(path, key)
  if (later) return `"${key}" is not supported yet; ${later}`
  const known = keysAt(schema, path)
  const guess = didYouMean(key, known)
  return `There is no key "${key}" here.${guess || ` There are: ${known.join(', ')}.`}`
}

/** Of several forms a value may have, the one that it comes nearest to. */
function explainUnion(issue: Issue & { code: 'invalid_union' }, path: Path, schema: z.core.$ZodType) {
  const later = refused(path)
  if (later) return [{ path, at: 'value' as const, message: later.trim() }]
  const isOther = ({ code, path: below }: Issue) =>
    below.length === 0 && (code === 'invalid_type' || code === 'invalid_value')
  const near = issue.errors.find((issues) => issues.length > 0 && !issues.some(isOther))
  if (near) return near.flatMap((inner) => explainIssue(inner, path, schema))
  const expected = issue.errors.flatMap((issues) => issues.flatMap(expectedBy))
  const message = expected.length > 0 ? `It must be ${wordsOf(expected)}.` : typeMessage(schema, path)
  return [{ path, at: 'value' as const, message }]
}

const expectedBy = (issue: Issue): string[] => {
  if (issue.code === 'invalid_type') return [nameOf(issue.expected)]
  return issue.code === 'invalid_union' ? issue.errors.flatMap((inner) => inner.flatMap(expectedBy)) : []
}

/** The value of a key by which the schema chooses is none of those it knows. */
function typeMessage(schema: z.core.$ZodType, path: Path): string {
  const choice = schemasAt(schema, path.slice(0, -1)).flatMap((found) => {
    const shape = found instanceof z.ZodObject ? (found.shape as Record<string, unknown>) : {}
    const literal = shape[String(path.at(-1))]
    return literal instanceof z.ZodLiteral ? [...literal.values] : []
  })
  return choice.length > 0 ? `It must be ${wordsOf(choice)}.` : 'It does not have a form that is known here.'
}

function explainType({ expected, input, message }: Issue & { code: 'invalid_type' }, path: Path): PipelineProblem {
  const key = path.at(-1)
  if (input === undefined && /received undefined/.test(message)) {
    return { path: path.slice(0, -1), at: 'value', message: `"${String(key)}" is missing; add it.` }
  }
  return { path, at: 'value', message: `${refused(path) ?? ''}It must be ${nameOf(expected)}.` }
}

/** A value, not a key, that is for later. */
function refused(path: Path): string | undefined {
  if (path.at(-1) === 'matrix')
    return 'A matrix has lists by name, as in { file: "${{ steps.split.outputs.files }}" }. '
  if (path.at(-2) === 'runtime' && path.at(-1) === 'python')
    return 'Write a version in quotes, as in "3.12", or true for any; without quotes 3.10 is the number 3.1. '
  if (path.at(-2) === 'on' && path.at(-3) === 'retries') return 'This cause is not told apart yet. '
  if (path.at(-2) === 'outputs' && path.length === 4)
    return 'An output is a file, dataset, model or dir. Values need no declaration: append "name=value" to $EVENKEEL_OUTPUT. '
  return undefined
}

const names: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}
const nameOf = (type: string): string => names[type] ?? type

function wordsOf(values: readonly unknown[]): string {
  const words = [...new Set(values.map(String))]
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : (words[0] ?? 'something else')
}

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`

/** The keys a schema knows at a place of a value. */
function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  const found = schemasAt(schema, path).flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : []))
  return [...new Set(found)]
}

function schemasAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional) return schemasAt(schema.unwrap(), path)
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => schemasAt(option, path))
  const [key, ...rest] = path
  if (key === undefined) return [schema]
  if (schema instanceof z.ZodRecord) return schemasAt(schema.valueType, rest)
  if (schema instanceof z.ZodArray) return schemasAt(schema.element, rest)
  const shape = schema instanceof z.ZodObject ? (schema.shape as Record<string, z.core.$ZodType>) : {}
  const next = shape[String(key)]
  return next ? schemasAt(next, rest) : []
}
