import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { makeFolder } from '../testing.ts'
import { commitOf } from './git.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const isRepository = existsSync(fileURLToPath(new URL('../../../../.git', import.meta.url)))

it.skipIf(!isRepository)('names the commit a folder is at, and whether something differs from it', async () => {
  expect(await commitOf(here)).toMatch(/^[0-9a-f]{40}(-dirty)?$/)
})

it('names none outside of a repository', async () => {
  expect(await commitOf(await makeFolder())).toBeUndefined()
})
