import type { PipelineProblem } from '@evenkeel/client'
import { readFileSync, statSync } from 'node:fs'
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml'

export interface Place {
  /** From 1. */
  readonly line: number
  readonly column: number
}

export interface YamlFile {
  /** As JSON would hold it. */
  readonly value: unknown
  /** Where the nearest thing to a problem stands. */
  locate(problem: Pick<PipelineProblem, 'path' | 'at'>): Place
}

/** The text is not YAML that can be read; the message says what to change. */
export class YamlMistake extends Error implements Place {
  override readonly name = 'YamlMistake'
  readonly line: number
  readonly column: number
  constructor(message: string, { line, column }: Place = { line: 1, column: 1 }) {
    super(message)
    this.line = line
    this.column = column
  }
}

const sizeLimitBytes = 1024 ** 2
/** Every use of an anchor counts, times what it holds in turn. */
const aliasLimit = 100

/** @throws YamlMistake; and what `node:fs` throws for a file that cannot be read */
export function readYamlFile(path: string): YamlFile {
  const { size } = statSync(path)
  if (size > sizeLimitBytes) {
    throw new YamlMistake(`The file has ${size} bytes, and a pipeline at most ${sizeLimitBytes}; move data out of it.`)
  }
  return parseYaml(readFileSync(path))
}

/** @throws YamlMistake */
export function parseYaml(bytes: Uint8Array): YamlFile {
  const text = decode(bytes)
  const lines = new LineCounter()
  const document = parse(text, lines)
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const [error] = [...document.errors, ...document.warnings]
  if (error) throw new YamlMistake(explain(error, text), placeOf(error.pos[0]))
  checkKeys(document, placeOf)
  return {
    value: toValue(document),
    locate: ({ path, at }) => placeOf(offsetOf(document, path, at)),
  }
}

function decode(bytes: Uint8Array): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new YamlMistake('The file is not UTF-8; save it as such.', { line: lineOfBadByte(bytes), column: 1 })
  }
  const nul = text.indexOf('\0')
  if (nul < 0) return text
  const before = text.slice(0, nul).split('\n')
  const place = { line: before.length, column: before.at(-1)!.length + 1 }
  throw new YamlMistake('There is a NUL character; take it out. Is it a text file?', place)
}

function lineOfBadByte(bytes: Uint8Array): number {
  const lines = Buffer.from(bytes).toString('latin1').split('\n')
  const bad = lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1')))
  return bad + 1
}

const isUtf8 = (bytes: Buffer): boolean => bytes.equals(Buffer.from(bytes.toString('utf8'), 'utf8'))

function parse(text: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, version: '1.2', schema: 'core', merge: false })
  } catch (error) {
    throw tooDeep(error)
  }
}

function toValue(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: aliasLimit }) as unknown
  } catch (error) {
    if (error instanceof ReferenceError) {
      throw new YamlMistake(`Anchors and aliases would make too much of this file (${error.message}); write it out.`)
    }
    throw tooDeep(error)
  }
}

const tooDeepText = 'The file is nested too deeply to be read; flatten it.'
const tooDeep = (error: unknown): unknown => (error instanceof RangeError ? new YamlMistake(tooDeepText) : error)

const words: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'A line is indented by a tab; YAML wants spaces.',
  DUPLICATE_KEY: 'The key stands here twice; take one away.',
  MULTIPLE_DOCS: 'A file holds one pipeline, without "---" in between; use one file for each.',
}

function explain(
  { code, message, pos }: { code: string; message: string; pos: [number, number] },
  text: string,
): string {
  const line = text.slice(text.lastIndexOf('\n', pos[0] - 1) + 1).split('\n', 1)[0]!
  if (words[code]) return words[code]
  // The parser notes down its own overflow as a mistake of the file.
  if (/call stack/.test(message)) return tooDeepText
  const hint = /[{[,:]\s*\$\{\{/.test(line) ? ' Put a placeholder inside { … } or [ … ] into quotes: "${{ … }}".' : ''
  return `${message.replace(/\s*:?\s*$/, '')}.${hint}`.replace('..', '.')
}

/** Keys that JavaScript or JSON could not hold as they are. */
function checkKeys(document: Document.Parsed, placeOf: (offset: number) => Place): void {
  visit(document, {
    Pair(_, { key }) {
      const place = placeOf((key as Node | null)?.range?.[0] ?? 0)
      if (!isScalar(key)) throw new YamlMistake('A key must be text; write it as such.', place)
      if (key.value === '__proto__') throw new YamlMistake('"__proto__" cannot be a key; choose another name.', place)
    },
  })
}

function offsetOf(document: Document.Parsed, path: PipelineProblem['path'], at: PipelineProblem['at']): number {
  let node: Node | null = document.contents
  let best = node?.range?.[0] ?? 0
  for (const [depth, part] of path.entries()) {
    const next = childOf(document, node, part)
    if (!next) return best
    const isLast = depth === path.length - 1
    const byKey = next.key !== undefined && ((isLast && at === 'key') || !isScalar(next.value))
    best = (byKey ? next.key : next.value?.range?.[0]) ?? next.key ?? best
    node = next.value
  }
  return best
}

interface Child {
  /** Offset of the key. */
  readonly key: number | undefined
  readonly value: Node | null
}

function childOf(document: Document.Parsed, node: Node | null, part: string | number): Child | undefined {
  const target = isAlias(node) ? (node.resolve(document) as Node | undefined) : node
  if (isSeq(target)) {
    const value = target.items[Number(part)] as Node | undefined
    return value && { key: undefined, value }
  }
  if (!isMap(target)) return undefined
  const pair = target.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
  return pair && { key: (pair.key as Node).range?.[0], value: pair.value as Node | null }
}
