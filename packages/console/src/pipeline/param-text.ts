import type { ParamValue } from '@evenkeel/contract'

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

/** What a person wrote, as the kind of value that stood there before. */
export function valueOf(text: string, before: ParamValue): Read {
  if (Array.isArray(before)) return { value: text.split('\n').filter((line) => line.trim() !== '') }
  if (typeof before === 'number') return numberOf(text)
  if (typeof before === 'boolean') return { value: text === 'true' }
  // Where nothing stood, nothing says what it is.
  return { value: before === null ? guessed(text) : text }
}

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
