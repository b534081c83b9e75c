import { describe, expect, it } from 'vitest'
import { parseYaml, YamlMistake } from './yaml-file.ts'

const parse = (text: string) => parseYaml(Buffer.from(text))

function mistakeOf(bytes: Uint8Array): YamlMistake {
  try {
    parseYaml(bytes)
  } catch (error) {
    if (error instanceof YamlMistake) return error
    throw error
  }
  throw new Error('it was read')
}

it('reads YAML 1.2: "on", "no" and "12:30" are texts, and merge keys mean nothing', () => {
  const { value } = parse('on: no\nat: 12:30\nnorway: NO\nbase: &b { x: 1 }\n<<: *b\n')

  expect(value).toEqual({ on: 'no', at: '12:30', norway: 'NO', base: { x: 1 }, '<<': { x: 1 } })
})

it('reads a byte order mark, and Windows line ends', () => {
  expect(parse('\uFEFFa: 1\r\nb: [2]\r\n').value).toEqual({ a: 1, b: [2] })
})

describe('says where something stands', () => {
  const text = 'name: x\nsteps:\n  train:\n    run: go\n    needs: [a, b]\n    env: { A: 1 }\n'

  it.each([
    [['name'], 'value', 1, 7],
    [['name'], 'key', 1, 1],
    [['steps', 'train', 'run'], 'value', 4, 10],
    [['steps', 'train'], 'value', 3, 3],
    [['steps', 'train', 'needs', 1], 'value', 5, 16],
    [['steps', 'train', 'env', 'A'], 'key', 6, 12],
    [['steps', 'train', 'missing', 'deeper'], 'value', 3, 3],
    [[], 'value', 1, 1],
  ] as const)('%j (%s) at %i:%i', (path, at, line, column) => {
    expect(parse(text).locate({ path, at })).toEqual({ line, column })
  })

  it('through an alias', () => {
    expect(parse('a: &x\n  b: 1\nc: *x\n').locate({ path: ['c', 'b'], at: 'value' })).toEqual({ line: 2, column: 6 })
  })
})

describe('refuses with the place and what to do', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...Array.from('bcdefghi')].map((name, at, all) => {
    const before = at === 1 ? 'a' : all[at - 1]
    return at === 0 ? name : `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`
  })

  it.each([
    ['a tab', 'a:\n\tb: 1', 2, 'tab'],
    ['a key twice', 'a: 1\nb: 2\na: 3', 3, 'stands here twice'],
    ['two documents', 'a: 1\n---\nb: 2', 2, 'one pipeline'],
    ['a NUL', 'a: 1\nb: \0', 2, 'NUL'],
    ['a bomb of anchors', bomb.join('\n'), 1, 'Anchors and aliases'],
    ['an alias to nothing', 'a: *b', 1, 'Unresolved alias'],
    ['a tag that is unknown', 'a: !secret b', 1, 'tag'],
    ['a key that is a map', '? { a: 1 }\n: b', 1, 'A key must be text'],
    ['a key that breaks JavaScript', 'a: 1\n__proto__: { b: 1 }', 2, '__proto__'],
    ['a placeholder in braces', 'a: { b: ${{ params.x }} }', 1, 'into quotes'],
    ['an open bracket', 'a: [1, 2\nb: 3', 2, ''],
    ['endless nesting', '['.repeat(200_000), 1, 'nested too deeply'],
  ])('%s', (_, text, line, says) => {
    const mistake = mistakeOf(Buffer.from(text))

    expect(mistake.line).toBe(line)
    expect(mistake.message).toContain(says)
  })

  it('bytes that are no UTF-8', () => {
    const mistake = mistakeOf(Buffer.concat([Buffer.from('a: ä\nb: '), Buffer.from([0xe4, 0x0a])]))

    expect(mistake).toMatchObject({ line: 2, message: 'The file is not UTF-8; save it as such.' })
  })
})
