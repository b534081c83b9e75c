import { expect, it } from 'vitest'
import { changedLines, lineDiff } from './line-diff.ts'

const shown = (before: string, after: string) =>
  lineDiff(before, after).map(({ kind, text }) => ({ same: ' ', removed: '-', added: '+' })[kind] + text)

it.each([
  ['', '', []],
  ['a\n', 'a', [' a']],
  ['', 'a\nb\n', ['+a', '+b']],
  ['a\nb\nc\n', 'a\nx\nc\n', [' a', '-b', '+x', ' c']],
  ['a\nb\nc\nd\n', 'b\nd\na\n', ['-a', ' b', '-c', ' d', '+a']],
  ['a\r\nb', 'a\nb', [' a', ' b']],
])('from %j to %j', (before, after, lines) => {
  expect(shown(before, after)).toEqual(lines)
})

it('takes a text that is too long to compare for replaced, between what both begin and end with', () => {
  const many = (mark: string) => Array.from({ length: 3000 }, (_, i) => `${mark}${i}`).join('\n')

  const lines = shown(`same\n${many('a')}\nend`, `same\n${many('b')}\nend`)

  expect(lines.filter((line) => line.startsWith(' '))).toEqual([' same', ' end'])
  expect(lines).toHaveLength(6002)
})

it('leaves out what is far from any change', () => {
  const diff = lineDiff('1\n2\n3\n4\n5\n6\n7', '1\n2\n3\nx\n5\n6\n7')

  expect(changedLines(diff, 1).map((line) => line?.text ?? '…')).toEqual(['…', '3', '4', 'x', '5', '…'])
})
