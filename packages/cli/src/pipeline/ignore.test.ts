import { describe, expect, it } from 'vitest'
import { globToRegExp } from './glob.ts'
import { readIgnore } from './ignore.ts'

describe('a glob', () => {
  it.each([
    ['src/**', 'src/a/b.py', true],
    ['src/**', 'srcs/a', false],
    ['**/*.py', 'a.py', true],
    ['**/*.py', 'a/b/c.py', true],
    ['*.py', 'a/b.py', false],
    ['a?.txt', 'ab.txt', true],
    ['a?.txt', 'a/.txt', false],
    ['{a,b}.txt', 'b.txt', true],
    ['[!a].txt', 'a.txt', false],
    ['a+(b).txt', 'a+(b).txt', true],
    ['.hidden/*', '.hidden/x', true],
  ])('%s and %s: %s', (glob, path, fits) => {
    expect(globToRegExp(glob).test(path)).toBe(fits)
  })
})

describe('.evenkeelignore', () => {
  const ignores = readIgnore('# data\n*.csv\n!keep.csv\n/build\nlogs/\ndocs/*.md\n')

  it.each([
    ['a/b.csv', false, true],
    ['a/keep.csv', false, false],
    ['build', true, true],
    ['a/build', true, false],
    ['logs', true, true],
    ['logs', false, false],
    ['docs/a.md', false, true],
    ['a/docs/a.md', false, false],
    ['src/a.py', false, false],
    ['a/node_modules', true, true],
    ['.git', true, true],
    ['.env', false, true],
    ['.evenkeel-demo', true, true],
  ])('%s (folder: %s): %s', (path, isFolder, ignored) => {
    expect(ignores(path, isFolder)).toBe(ignored)
  })
})
