import { InspectionError } from './error.ts'
import { type Dictionary, isKind, type Value } from './values.ts'

/** What is kept of a list or dictionary: enough to say what it is. */
const mostKept = 1000
const mostMemos = 1_000_000
const mostValues = 4_000_000

/** The stack of a pickle and its memo, both bounded. */
export function createStack() {
  const values: Value[] = []
  const marks: number[] = []
  const memo = new Map<number, Value>()

  /** Nothing below the last mark can be taken without it. */
  function requireDepth(count: number): void {
    if (values.length - (marks.at(-1) ?? 0) < count)
      throw new InspectionError('It is damaged: it takes more from its stack than it put there.')
  }

  function push(value: Value): void {
    if (values.length >= mostValues) throw new InspectionError(`It keeps more than ${mostValues} values at once.`)
    values.push(value)
  }

  function popMany(count: number): Value[] {
    requireDepth(count)
    return values.splice(values.length - count)
  }

  return {
    push,
    popMany,
    pop: () => popMany(1)[0]!,
    top() {
      requireDepth(1)
      return values.at(-1)!
    },
    replace(value: Value): void {
      popMany(1)
      push(value)
    },
    mark() {
      if (marks.length >= mostValues) throw new InspectionError('It is nested too deeply.')
      marks.push(values.length)
    },
    /** POP takes a mark when there is nothing above it. */
    drop(): void {
      if (values.length === (marks.at(-1) ?? 0) && marks.length > 0) marks.pop()
      else popMany(1)
    },
    popToMark(): Value[] {
      const mark = marks.pop()
      if (mark === undefined) throw new InspectionError('It is damaged: it goes back to a mark that is not there.')
      return values.splice(mark)
    },
    pushTuple: (count: number) => push({ kind: 'tuple', items: popMany(count) }),
    pushDictionary(items: readonly Value[]): void {
      const dictionary: Dictionary = { kind: 'dict', entries: new Map(), isWhole: true }
      addEntries(dictionary, items)
      push(dictionary)
    },
    /** Adds to what lies on top. @returns false when that is nothing that can be added to */
    extend(items: readonly Value[]): boolean {
      requireDepth(1)
      const target = values.at(-1)
      if (isKind(target, 'import')) return false
      if (isKind(target, 'dict')) addEntries(target, items)
      else if (isKind(target, 'list')) {
        for (const item of items) if (target.items.length < mostKept) target.items.push(item)
      }
      return true
    },
    keep(index = memo.size): void {
      requireDepth(1)
      if (memo.size >= mostMemos) throw new InspectionError(`It remembers more than ${mostMemos} values.`)
      memo.set(index, values.at(-1)!)
    },
    recall(index: number): void {
      const value = memo.get(index)
      if (value === undefined)
        throw new InspectionError(`It is damaged: it recalls value ${index}, which it never had.`)
      push(value)
    },
  }
}
export type Stack = ReturnType<typeof createStack>

function addEntries(dictionary: Dictionary, items: readonly Value[]): void {
  const { entries } = dictionary
  for (let i = 0; i + 1 < items.length; i += 2) {
    const key = items[i]
    if (typeof key === 'string' && (entries.size < mostKept || entries.has(key))) entries.set(key, items[i + 1]!)
    else dictionary.isWhole = false
  }
}
