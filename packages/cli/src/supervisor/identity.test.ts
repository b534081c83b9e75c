import { once } from 'node:events'
import { expect, it, vi } from 'vitest'
import { identify, isRunning, startOf } from './identity.ts'
import { startWaiting } from './testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

it('a process is the one it was until it is gone', async () => {
  const child = await startWaiting()
  const identity = (await identify('small', child.pid))!

  expect(identity).toMatchObject({ name: 'small', pid: child.pid })
  expect(await isRunning(identity)).toBe(true)

  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await isRunning(identity)).toBe(false)
  expect(await identify('small', child.pid)).toBeUndefined()
})

it('a later process under the same number is another', async () => {
  expect(await isRunning({ name: 'earlier', pid: process.pid, startedAt: 'another boot/1' })).toBe(false)
})

it('the same process is told in the same words each time', async () => {
  expect(await startOf(process.pid)).toBe(await startOf(process.pid))
})
