import { isNear } from '@evenkeel/contract/sameness'
import { differs, equal, type Finding, shown } from './finding.ts'

/** A place in two documents; walked through without a call for each level, because nobody knows how deep they are. */
interface Pair {
  readonly path: string
  readonly before: unknown
  readonly after: unknown
}

/** Compares two documents value by value; the order of keys says nothing. */
export function compareJson(before: unknown, after: unknown, tolerance: number): Finding {
  const open: Pair[] = [{ path: '$', before, after }]
  let gap = { width: 0, at: '' }
  for (let pair = open.pop(); pair; pair = open.pop()) {
    const { path, before: a, after: b } = pair
    if (typeof a === 'number' && typeof b === 'number') {
      if (!isNear(a, b, tolerance)) return differs(`${path}: ${a} and ${b}.`, { width: Math.abs(a - b), at: '' })
      if (Math.abs(a - b) > gap.width) gap = { width: Math.abs(a - b), at: `, at ${path}` }
      continue
    }
    const children = childrenOf(pair)
    if (typeof children === 'string') return differs(children)
    open.push(...children.toReversed())
  }
  return equal('Numbers', gap)
}

/** What lies in two values of one kind, or how they differ. */
function childrenOf({ path, before, after }: Pair): Pair[] | string {
  if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length !== after.length) return `${path}: ${before.length} and ${after.length} elements.`
    return before.map((one: unknown, at) => ({ path: `${path}[${at}]`, before: one, after: after[at] as unknown }))
  }
  if (isObject(before) && isObject(after)) return fieldsOf(path, before, after)
  return Object.is(before, after) ? [] : `${path}: ${shown(before)} and ${shown(after)}.`
}

function fieldsOf(path: string, before: Fields, after: Fields): Pair[] | string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const missing = names.find((name) => !(name in before) || !(name in after))
  if (missing !== undefined) return `${path}.${missing} ${missing in before ? 'is not there any more' : 'is new'}.`
  return names.map((name) => ({ path: `${path}.${name}`, before: before[name], after: after[name] }))
}

type Fields = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
