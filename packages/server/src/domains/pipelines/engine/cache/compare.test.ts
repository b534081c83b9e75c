import { expect, it } from 'vitest'
import { compareParts, firstChange, type Remembered } from './compare.ts'
import type { CacheParts } from './parts.ts'

const parts: CacheParts = {
  scheme: 1,
  command: ['python', 'a.py', '->', 'model'],
  code: 'sha256:a',
  params: { lr: 0.1, names: ['x'] },
  matrix: {},
  inputs: { data: { digests: ['sha256:1'], says: 'flights@1' } },
  env: { MODE: 'sha256:m' },
  platform: 'linux-x64',
}
const file = (path: string, letter: string) => ({ path, digest: `sha256:${letter.repeat(64)}`, executable: false })
const before: Remembered = { parts, code: [file('a.py', 'a'), file('b.py', 'b')] }
const after = (change: object, code = before.code): Remembered => ({ parts: { ...parts, ...change }, code })

const says = (now: Remembered) => firstChange(compareParts(before, now))

it('finds nothing where nothing changed', () => {
  expect(says(after({}))).toBeUndefined()
  expect(compareParts(before, after({})).map(({ part }) => part)).toEqual([
    'command',
    'code',
    'runtime',
    'params',
    'matrix',
    'inputs',
    'env',
    'platform',
  ])
})

it.each([
  [{ command: ['python', 'b.py', '->', 'model'] }, 'Its command, or the list of its outputs, changed.'],
  [{ params: { lr: 0.05, names: ['x'] } }, 'The param lr is 0.05 and was 0.1.'],
  [{ params: { lr: 0.1, names: ['x', 'y'] } }, 'The param names is ["x","y"] and was ["x"].'],
  [{ params: { lr: 0.1 } }, 'The param names is gone.'],
  [{ params: { lr: 1, names: [] } }, 'The param lr is 1 and was 0.1; 1 more changed.'],
  [
    { inputs: { data: { digests: ['sha256:2'], says: 'flights@2' } } },
    'The input data is flights@2 and was flights@1.',
  ],
  [{ inputs: { data: { digests: ['sha256:2'], says: 'flights@1' } } }, 'The input data, flights@1, has other content.'],
  [{ inputs: {} }, 'The input data is gone.'],
  [{ env: { MODE: 'sha256:n' } }, 'The variable MODE has another value.'],
  [{ env: {} }, 'The variable MODE is gone.'],
  [
    { runtime: { kind: 'node', version: null, lock: 'sha256:l', manifest: null } },
    'It ran on the host before, and has an environment of node now.',
  ],
  [{ platform: 'darwin-arm64' }, 'It ran on linux-x64 before, and runs on darwin-arm64 now.'],
])('%j: %s', (change, sentence) => {
  expect(says(after(change))?.says).toBe(sentence)
})

it('names the files that changed, came or went', () => {
  const code = [file('a.py', 'z'), file('c.py', 'c')]

  expect(compareParts(before, after({ code: 'sha256:b' }, code))[1]!.changes).toEqual([
    'The file a.py changed.',
    'The file b.py was removed.',
    'The file c.py was added.',
  ])
  expect(says(after({ code: 'sha256:b' }))?.says).toBe('The program that ships with Evenkeel changed.')
})
