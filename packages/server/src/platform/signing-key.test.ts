import { verify } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSigningKey } from './signing-key.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-keys-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('signs so that anyone with the public key can check it', async () => {
  const key = await openSigningKey(folder, 'test')

  const signature = key.sign('generation 7')

  expect(verify(null, Buffer.from('generation 7'), key.publicKey, Buffer.from(signature, 'base64'))).toBe(true)
  expect(key.verify('generation 7', signature)).toBe(true)
  expect(key.verify('generation 8', signature)).toBe(false)
})

it('is the same key at every start, also of several servers at once', async () => {
  const keys = await Promise.all(Array.from({ length: 5 }, () => openSigningKey(folder, 'shared')))

  expect(new Set(keys.map(({ id }) => id)).size).toBe(1)
  expect((await openSigningKey(folder, 'other')).id).not.toBe(keys[0]!.id)
})
