import { expect, it } from 'vitest'
import { commitText, unknownCommit } from './commit.ts'

const commit = '3f2c0a9be1d4f00ff00ff00ff00ff00ff00ff00f'

it.each([
  [commit, '3f2c0a9be1d4'],
  [`${commit}-dirty`, '3f2c0a9be1d4 with changes that are not committed'],
  [unknownCommit, 'no commit (not a git work tree)'],
  ['', 'no commit (not a git work tree)'],
  [null, 'no commit (not a git work tree)'],
  [undefined, 'no commit (not a git work tree)'],
])('says of %j: %s', (recorded, says) => {
  expect(commitText(recorded)).toBe(says)
})
