/** Not the digits after a point: most doubles have so many. */
const longInteger = /(?:^|[^\d.])\d{16}/
const unstorable = /\\u(?:0000|d[89a-f])/i

/**
 * Reads JSON of MLflow: an integer that a number would change becomes text, and characters that no database of ours
 * keeps (NUL, half of a surrogate pair) become U+FFFD.
 *
 * @throws SyntaxError
 */
export function parseSourceJson(text: string): unknown {
  const keepsAll = !longInteger.test(text) && !unstorable.test(text)
  return keepsAll ? JSON.parse(text) : JSON.parse(text, revive)
}

function revive(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\uFFFD')
  const source = context?.source
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value
  return /^-?\d+$/.test(source) ? source : value
}
