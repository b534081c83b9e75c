/**
 * One text for one value, whatever order its keys came in: the form of RFC 8785, with the number and string forms of
 * ECMAScript that it prescribes, and keys sorted by UTF-16 code units.
 *
 * @throws TypeError for what JSON cannot hold: NaN, Infinity, bigint, functions, cycles
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value === 'object' && value !== null) return canonicalObject(value)
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`JSON holds no ${value}`)
  const text = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`JSON holds no ${typeof value}`)
  return text
}

function canonicalObject(value: object): string {
  if ('toJSON' in value && typeof value.toJSON === 'function') return canonicalJson(value.toJSON())
  const members = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`)
  return `{${members.join(',')}}`
}
