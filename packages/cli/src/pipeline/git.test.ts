import { execFileSync, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeFolder } from '../testing.ts'
import { commitOf } from './git.ts'

const hasGit = spawnSync('git', ['--version']).status === 0
const title = hasGit ? '' : ' is NOT TESTED, this machine lacks git'

it.skipIf(!hasGit)(
  `the commit a folder is at, and whether something differs from it,${title || ' has a name'}`,
  async () => {
    const folder = await makeFolder()
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-C', folder, ...args], {
        stdio: 'pipe',
      })
    git('init', '-q')
    await writeFile(join(folder, 'a'), '1')
    git('add', 'a')
    git('commit', '-q', '-m', 'first')
    const clean = await commitOf(folder)
    await writeFile(join(folder, 'a'), '2')

    expect(clean).toMatch(/^[0-9a-f]{40}$/)
    expect(await commitOf(folder)).toBe(`${clean}-dirty`)
  },
)

it('names none outside of a repository', async () => {
  expect(await commitOf(await makeFolder())).toBeUndefined()
})
