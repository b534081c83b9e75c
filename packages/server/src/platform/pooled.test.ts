import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { pooled } from './pooled.ts'

it('works on so many at a time, and answers in their order', async () => {
  let [busy, most] = [0, 0]
  const results = await pooled([30, 10, 20, 1, 5], 2, async (ms) => {
    most = Math.max(most, ++busy)
    await delay(ms)
    busy -= 1
    return ms
  })

  expect(results).toEqual([30, 10, 20, 1, 5])
  expect(most).toBe(2)
})

it('begins nothing after a failure, and fails when what was under way has ended', async () => {
  const ended: number[] = []

  const failing = pooled([1, 2, 3, 4], 2, async (item) => {
    if (item === 1) throw new Error('no')
    await delay(20)
    ended.push(item)
  })

  await expect(failing).rejects.toThrow('no')
  expect(ended).toEqual([2])
})
