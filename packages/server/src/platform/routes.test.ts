import { createClient } from '@evenkeel/client'
import { platform } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWorld, type World } from '../testing.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({ environment: { EVENKEEL_DEMO: '1', EVENKEEL_LOG_LEVEL: 'silent' } })
})
afterAll(() => world.stop())

const client = () => createClient(platform, world.clientOptions())

it('says that it is alive, what it is, and that it is ready', async () => {
  expect(await client().healthz()).toEqual({ status: 'ok' })
  expect(await client().about()).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    demo: true,
    signIn: 'none',
    startedAt: world.platform.startedAt.toISOString(),
  })
  expect(await client().readyz()).toMatchObject({
    status: 'ready',
    checks: [
      { name: 'database', ok: true },
      { name: 'blobs', ok: true },
    ],
  })
})

it('is not ready, and says why, when the blobs cannot be read', async () => {
  const { blobs, probe } = world.platform
  await blobs.delete(probe)

  await expect(client().readyz()).rejects.toMatchObject({
    status: 503,
    code: 'platform.unavailable',
    why: expect.stringContaining('blobs: '),
  })
  expect(await client().healthz()).toEqual({ status: 'ok' })
})
