import { arrayBytes, isJoblibArray } from './joblib-array.ts'
import { type Cursor, cursorOver } from './cursor.ts'
import { InspectionError } from './error.ts'
import { isKind, nameOf, opaque, type Import, type Value } from './values.ts'
import { createStack, type Stack } from './stack.ts'

/** What a pickle would do with what it imports: only name it, make an object of a class, or call it. */
export type Use = 'named' | 'made' | 'called'

/** What reading a pickle tells, without loading it. */
export interface PickleContent {
  readonly protocol: number
  readonly value: Value
  readonly imports: ReadonlyMap<string, { readonly of: Import; readonly uses: ReadonlySet<Use> }>
  /** What loading would do that pickles of models do not, each a sentence. */
  readonly oddities: ReadonlySet<string>
  readonly versions: ReadonlySet<string>
  /** Where it ends, in bytes. */
  readonly end: number
}

/** What would load it. */
export type Loader = 'pickle' | 'joblib'

const mostOperations = 20_000_000
const mostOddities = 10

interface Reading {
  readonly cursor: Cursor
  readonly stack: Stack
  readonly imports: Map<string, { of: Import; uses: Set<Use> }>
  readonly oddities: Set<string>
  readonly versions: Set<string>
  readonly bytes: Uint8Array
  readonly loader: Loader
  protocol: number
}

/**
 * Follows the operations of a pickle without doing any of them.
 *
 * @param loader - who would load it: joblib takes the bytes of an array out of the middle, pickle goes on with them
 * @throws InspectionError when it is damaged, or takes more than a model does
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
export function readPickle(bytes: Uint8Array, loader: Loader, start = 0): PickleContent {
  const reading: Reading = {
    cursor: cursorOver(bytes, start),
    stack: createStack(),
    imports: new Map(),
    oddities: new Set(),
    versions: new Set(),
    bytes,
    loader,
    protocol: 0,
  }
  for (let count = 0; count < mostOperations; count++) {
    const code = reading.cursor.uint8()
    if (code === stop) return { ...reading, value: reading.stack.pop(), end: reading.cursor.at }
    const operation = operations[code]
    if (!operation)
      throw new InspectionError(`It is no pickle: byte ${reading.cursor.at - 1} is ${code}, which is no operation.`)
    operation(reading)
  }
  throw new InspectionError(`It has more than ${mostOperations} operations.`)
}

const stop = 0x2e

type Operation = (reading: Reading) => void

const push =
  (value: (cursor: Cursor) => Value | undefined): Operation =>
  ({ cursor, stack }) => {
    const found = value(cursor)
    stack.push(found === undefined ? opaque : found)
  }

const bytesOf =
  (length: (cursor: Cursor) => number): Operation =>
  ({ cursor, stack }) => {
    cursor.skip(length(cursor))
    stack.push(opaque)
  }

/** The name of an opcode is in the comment: pickletools says what each does. */
const operations: readonly (Operation | undefined)[] = tableOf({
  '(': ({ stack }) => stack.mark(), // MARK
  '0': ({ stack }) => stack.drop(), // POP
  '1': ({ stack }) => void stack.popToMark(), // POP_MARK
  '2': ({ stack }) => stack.push(stack.top()), // DUP
  F: push((cursor) => Number(cursor.line())), // FLOAT
  G: push((cursor) => cursor.float64()), // BINFLOAT
  I: push((cursor) => numberOf(cursor.line())), // INT
  J: push((cursor) => cursor.int32()), // BININT
  K: push((cursor) => cursor.uint8()), // BININT1
  M: push((cursor) => cursor.uint16()), // BININT2
  L: push((cursor) => Number(cursor.line().replace(/L$/, ''))), // LONG
  '\x8a': push((cursor) => cursor.long(cursor.uint8())), // LONG1
  '\x8b': push((cursor) => cursor.long(cursor.int32())), // LONG4
  N: push(() => null), // NONE
  '\x88': push(() => true), // NEWTRUE
  '\x89': push(() => false), // NEWFALSE
  S: push((cursor) => plain(cursor.line().replaceAll(/^['"]|['"]$/g, ''))), // STRING
  T: push((cursor) => cursor.text(cursor.int32(), 'latin1')), // BINSTRING
  U: push((cursor) => cursor.text(cursor.uint8(), 'latin1')), // SHORT_BINSTRING
  V: push((cursor) => plain(cursor.line())), // UNICODE
  X: push((cursor) => cursor.text(cursor.uint32())), // BINUNICODE
  '\x8c': push((cursor) => cursor.text(cursor.uint8())), // SHORT_BINUNICODE
  '\x8d': push((cursor) => cursor.text(cursor.uint64())), // BINUNICODE8
  B: bytesOf((cursor) => cursor.uint32()), // BINBYTES
  C: bytesOf((cursor) => cursor.uint8()), // SHORT_BINBYTES
  '\x8e': bytesOf((cursor) => cursor.uint64()), // BINBYTES8
  '\x96': bytesOf((cursor) => cursor.uint64()), // BYTEARRAY8
  ']': push(() => ({ kind: 'list', items: [] })), // EMPTY_LIST
  ')': push(() => ({ kind: 'tuple', items: [] })), // EMPTY_TUPLE
  '}': push(() => ({ kind: 'dict', entries: new Map(), isWhole: true })), // EMPTY_DICT
  '\x8f': push(() => ({ kind: 'set', items: [] })), // EMPTY_SET
  l: ({ stack }) => stack.push({ kind: 'list', items: stack.popToMark() }), // LIST
  t: ({ stack }) => stack.push({ kind: 'tuple', items: stack.popToMark() }), // TUPLE
  d: ({ stack }) => stack.pushDictionary(stack.popToMark()), // DICT
  '\x91': ({ stack }) => stack.push({ kind: 'set', items: stack.popToMark() }), // FROZENSET
  '\x85': ({ stack }) => stack.pushTuple(1), // TUPLE1
  '\x86': ({ stack }) => stack.pushTuple(2), // TUPLE2
  '\x87': ({ stack }) => stack.pushTuple(3), // TUPLE3
  a: (reading) => extend(reading, [reading.stack.pop()]), // APPEND
  e: (reading) => extend(reading, reading.stack.popToMark()), // APPENDS
  '\x90': (reading) => extend(reading, reading.stack.popToMark()), // ADDITEMS
  s: (reading) => extend(reading, reading.stack.popMany(2)), // SETITEM
  u: (reading) => extend(reading, reading.stack.popToMark()), // SETITEMS
  p: ({ stack, cursor }) => stack.keep(numberOf(cursor.line())), // PUT
  q: ({ stack, cursor }) => stack.keep(cursor.uint8()), // BINPUT
  r: ({ stack, cursor }) => stack.keep(cursor.uint32()), // LONG_BINPUT
  '\x94': ({ stack }) => stack.keep(), // MEMOIZE
  g: ({ stack, cursor }) => stack.recall(numberOf(cursor.line())), // GET
  h: ({ stack, cursor }) => stack.recall(cursor.uint8()), // BINGET
  j: ({ stack, cursor }) => stack.recall(cursor.uint32()), // LONG_BINGET
  c: (reading) => pushImport(reading, reading.cursor.line(), reading.cursor.line()), // GLOBAL
  '\x93': (reading) => pushImport(reading, ...(reading.stack.popMany(2) as [Value, Value])), // STACK_GLOBAL
  i: (reading) => instance(reading, pushImport(reading, reading.cursor.line(), reading.cursor.line())), // INST
  o: (reading) => makeAll(reading, reading.stack.popToMark()), // OBJ
  R: (reading) => make(reading, 'called', ...(reading.stack.popMany(2) as [Value, Value])), // REDUCE
  '\x81': (reading) => make(reading, 'made', ...(reading.stack.popMany(2) as [Value, Value])), // NEWOBJ
  '\x92': (reading) => makeWithNames(reading), // NEWOBJ_EX
  b: (reading) => build(reading), // BUILD
  P: push((cursor) => (cursor.line(), opaque)), // PERSID
  Q: ({ stack }) => stack.replace(opaque), // BINPERSID
  '\x80': (reading) => void (reading.protocol = reading.cursor.uint8()), // PROTO
  '\x95': ({ cursor }) => void cursor.uint64(), // FRAME
  '\x82': (reading) => extension(reading, reading.cursor.uint8()), // EXT1
  '\x83': (reading) => extension(reading, reading.cursor.uint16()), // EXT2
  '\x84': (reading) => extension(reading, reading.cursor.int32()), // EXT4
  '\x97': (reading) => odd(reading, 'It keeps a part of itself in another file.', opaque), // NEXT_BUFFER
  '\x98': () => undefined, // READONLY_BUFFER
})

function tableOf(named: Readonly<Record<string, Operation>>): readonly (Operation | undefined)[] {
  const table: (Operation | undefined)[] = []
  for (const [code, operation] of Object.entries(named)) table[code.charCodeAt(0)] = operation
  return table
}

/** As INT has it: `01` and `00` are truth values. */
const numberOf = (text: string): number => Number(text.trim())

/** With an escape it is no name, and what it says does not matter. */
const plain = (text: string): Value => (text.includes('\\') ? opaque : text)

function odd({ oddities, stack }: Reading, says: string, result?: Value): void {
  if (oddities.size < mostOddities) oddities.add(says)
  if (result !== undefined) stack.push(result)
}

const extension = (reading: Reading, code: number) =>
  odd(reading, `It takes the class ${code} of copyreg's table, which a file cannot name.`, opaque)

function pushImport(reading: Reading, module: Value, name: Value): Import {
  const isNamed = typeof module === 'string' && typeof name === 'string' && module !== '' && name !== ''
  if (!isNamed) odd(reading, 'It imports something whose name it makes up while it is loaded.')
  const found: Import = isNamed ? { kind: 'import', module, name } : { kind: 'import', module: '?', name: '?' }
  note(reading, found, 'named')
  reading.stack.push(found)
  return found
}

function note({ imports }: Reading, of: Import, use: Use): void {
  const name = nameOf(of)
  const known = imports.get(name)
  if (known) known.uses.add(use)
  else imports.set(name, { of, uses: new Set([use]) })
}

const nothing: Value = { kind: 'tuple', items: [] }

function make(reading: Reading, use: Use, by: Value, args: Value): void {
  if (!isKind(by, 'import')) return odd(reading, 'It calls what an earlier call gave.', opaque)
  note(reading, by, use)
  const [made, base] = isKind(args, 'tuple') ? args.items : []
  // What protocols 0 and 1 make of an object: the class is an argument.
  const isReconstructed = /^copy_?reg$/.test(by.module) && by.name === '_reconstructor' && isKind(made, 'import')
  if (!isReconstructed) return reading.stack.push({ kind: 'made', by, args, state: null })
  note(reading, made, 'made')
  if (isKind(base, 'import') && !/^(__builtin__|builtins)$/.test(base.module)) note(reading, base, 'called')
  reading.stack.push({ kind: 'made', by: made, args: nothing, state: null })
}

function instance(reading: Reading, by: Import): void {
  reading.stack.drop()
  make(reading, 'called', by, { kind: 'tuple', items: reading.stack.popToMark() })
}

const makeAll = (reading: Reading, [by = opaque, ...items]: readonly Value[]) =>
  make(reading, 'called', by, { kind: 'tuple', items })

function makeWithNames(reading: Reading): void {
  const [by, args] = reading.stack.popMany(3) as [Value, Value]
  make(reading, 'made', by, args)
}

function extend(reading: Reading, items: readonly Value[]): void {
  if (reading.stack.extend(items)) return
  odd(reading, 'It writes into something that it imported.')
}

function build(reading: Reading): void {
  const { stack } = reading
  const state = stack.pop()
  const target = stack.top()
  if (isKind(target, 'import')) return odd(reading, `It would change ${nameOf(target)} itself.`)
  if (!isKind(target, 'made')) return
  target.state = state
  if (isKind(state, 'dict')) {
    const version = state.entries.get('_sklearn_version')
    if (typeof version === 'string' && reading.versions.size < mostOddities) reading.versions.add(version)
  }
  if (!isJoblibArray(target)) return
  if (reading.loader === 'pickle')
    return odd(reading, 'It holds an array of joblib where joblib does not look for one.')
  passArray(reading, target)
  // Joblib puts the array in the place of its wrapper.
  stack.replace(opaque)
}

/** Joblib writes the numbers of an array into the middle of its pickle, or a pickle when they are objects. */
function passArray(reading: Reading, wrapper: Parameters<typeof arrayBytes>[1]): void {
  const { cursor, bytes } = reading
  const length = arrayBytes(cursor, wrapper)
  if (length !== 'objects') return void cursor.skip(length)
  const inner = readPickle(bytes, 'pickle', cursor.at)
  for (const { of, uses } of inner.imports.values()) for (const use of uses) note(reading, of, use)
  for (const says of inner.oddities) odd(reading, says)
  cursor.skip(inner.end - cursor.at)
}
