import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSeal } from './seal.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-seal-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('opens what it closed, as what it was closed, and nothing that was changed', async () => {
  const seal = await openSeal(folder)

  const sealed = seal.close('pässword', 'a')
  expect(seal.open(sealed, 'a')).toBe('pässword')
  expect(sealed.includes('pässword')).toBe(false)
  expect(seal.close('pässword', 'a').equals(sealed)).toBe(false)
  expect(() => seal.open(sealed, 'b')).toThrow('unable to authenticate')
  sealed[sealed.length - 1]! ^= 1
  expect(() => seal.open(sealed, 'a')).toThrow('unable to authenticate')
})

it('keeps one key that only its owner reads, also for several servers at once', async () => {
  const fresh = join(folder, 'fresh')
  const seals = await Promise.all(Array.from({ length: 5 }, () => openSeal(fresh)))

  expect(new Set(seals.map(({ keyId }) => keyId)).size).toBe(1)
  expect((await stat(join(fresh, 'keys/secrets.key'))).mode & 0o777).toBe(0o600)
  const other = await openSeal(join(folder, 'other'))
  expect(() => other.open(seals[0]!.close('x', ''), '')).toThrow('unable to authenticate')
})

it('never makes a new key in place of one that is broken', async () => {
  await openSeal(folder)
  const file = join(folder, 'keys/secrets.key')
  await writeFile(file, 'half a ke')

  await expect(openSeal(folder)).rejects.toThrow('put back the one that was there')
  expect(await readFile(file, 'utf8')).toBe('half a ke')
})
