import { expect, it } from 'vitest'
import { prettyJson, previewKind, textOf } from './preview.ts'

it('shows a file by its name, and by its bytes when the name does not say', () => {
  expect(['a.PNG', 'x.y/a.tsv', 'MLmodel', 'weights.bin', 'README.md'].map(previewKind)).toEqual([
    'image',
    'tsv',
    'text',
    'text',
    'markdown',
  ])
  const bytes = new TextEncoder().encode('grün 🛫')
  expect(textOf(bytes)).toBe('grün 🛫')
  expect(textOf(bytes.slice(0, -1))).toBe('grün ')
  expect(textOf(new Uint8Array([1, 0, 2]))).toBeUndefined()
  expect(textOf(new Uint8Array([0x80, 0x02, 0x63, 0x61]))).toBeUndefined()
})

it('leaves JSON that was cut as it is', () => {
  expect(prettyJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}')
  expect(prettyJson('{"a":[1')).toBe('{"a":[1')
})
