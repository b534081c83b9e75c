import { allowedWords, type DeclaredParam, isAllowed, type ParamValue } from '@evenkeel/contract'

/** A param as it stands in a field; a list has an entry on each line. */
export function textOf(value: ParamValue): string {
  if (value === null) return ''
  return Array.isArray(value) ? value.join('\n') : String(value)
}

/** A param where it is only read, on one line. */
export function wordsOf(value: ParamValue): string {
  return (Array.isArray(value) ? value.join(', ') : textOf(value)) || '–'
}

type Read = { readonly value: ParamValue } | { readonly problem: string }

/** What a person wrote, by what is declared, or else as the kind of value that stood there before. */
export function valueOf(text: string, before: ParamValue, declared?: DeclaredParam): Read {
  if (declared) return declaredValue(text, before, declared)
  if (Array.isArray(before)) return { value: linesOf(text) }
  if (typeof before === 'number') return numberOf(text)
  if (typeof before === 'boolean') return { value: text === 'true' }
  // Where nothing stood, nothing says what it is.
  return { value: before === null ? guessed(text) : text }
}

function declaredValue(text: string, before: ParamValue, declared: DeclaredParam): Read {
  // Nothing is written where there is no default: a text may be empty only when a person could mean it.
  const value = text === '' && before === null ? null : read(text, declared)
  return isAllowed(declared, value) ? { value } : { problem: `It must be ${allowedWords(declared)}.` }
}

function read(text: string, { type }: DeclaredParam): ParamValue {
  switch (type) {
    case 'number':
      return text.trim() === '' ? null : Number(text)
    case 'boolean':
      return text === '' ? null : text === 'true'
    case 'list':
      return linesOf(text)
    case 'string':
    case 'duration':
    case 'moment':
      return text
  }
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '')

/** What stands below the name of a param: what it is for, and what it must be. */
export function hintFor(declared: DeclaredParam | undefined): string | undefined {
  if (!declared) return undefined
  const { type, description } = declared
  const kind = type === 'list' ? 'A list of texts, one on each line.' : `${capital(allowedWords(declared))}.`
  return [description, type === 'boolean' ? undefined : kind].filter(Boolean).join(' ') || undefined
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)

function numberOf(text: string): Read {
  const value = Number(text)
  return text.trim() === '' || !Number.isFinite(value) ? { problem: 'Write a number.' } : { value }
}

function guessed(text: string): ParamValue {
  const trimmed = text.trim()
  if (trimmed === '') return null
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true'
  return Number.isFinite(Number(trimmed)) ? Number(trimmed) : text
}

/** The params that are other than their defaults, where there is one: the rest need not be sent. */
export function changesOf(
  params: Readonly<Record<string, ParamValue>>,
  defaults: Readonly<Record<string, ParamValue>>,
): Record<string, ParamValue> {
  const changed = ([name, value]: [string, ParamValue]) =>
    JSON.stringify(value) !== JSON.stringify(defaults[name] ?? null)
  return Object.fromEntries(Object.entries(params).filter(changed))
}
