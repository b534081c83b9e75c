import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createRefresher } from './refresh.ts'

const client = new QueryClient()
let hidden = false
let leave: (() => void)[] = []

beforeEach(() => {
  vi.useFakeTimers()
  hidden = false
})
afterEach(() => {
  for (const one of leave) one()
  leave = []
  client.clear()
  vi.useRealTimers()
})

/** Puts a query on the screen and counts how often it is asked. */
async function shown(queryKey: readonly string[], answer: () => Promise<unknown> = async () => 'answer') {
  const ask = vi.fn<() => Promise<unknown>>(answer)
  leave.push(new QueryObserver(client, { queryKey, queryFn: ask }).subscribe(() => {}))
  await vi.advanceTimersByTimeAsync(0)
  ask.mockClear()
  return ask
}

it('asks again only for what the news is about, and for what is built from everything', async () => {
  const refresher = createRefresher(client, () => hidden)
  const registry = await shown(['registry', 'versions', 'churn'])
  const monitoring = await shown(['monitoring', 'windows', 'churn'])
  const loop = await shown(['loop'])

  refresher.tell({ topic: 'registry.alias_moved', id: 'churn', version: 7 })
  await vi.advanceTimersByTimeAsync(400)

  expect([registry, monitoring, loop].map((ask) => ask.mock.calls.length)).toEqual([1, 0, 1])
})

it('asks once for a burst of news', async () => {
  const refresher = createRefresher(client, () => hidden)
  const registry = await shown(['registry', 'model', 'churn'])

  for (let version = 0; version < 50; version++) refresher.tell({ topic: 'registry.alias_moved', id: 'churn', version })
  await vi.advanceTimersByTimeAsync(2000)

  expect(registry).toHaveBeenCalledTimes(1)
})

it('lets an answer arrive that was under way when more news came, and then asks again', async () => {
  const refresher = createRefresher(client, () => hidden)
  const diary: string[] = []
  const slow = async () => {
    diary.push('asked')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    diary.push('answered')
    return 'answer'
  }
  await shown(['registry', 'model', 'churn'], slow)
  await vi.advanceTimersByTimeAsync(1000)

  refresher.tell({ topic: 'registry.alias_moved', id: 'churn', version: 1 })
  await vi.advanceTimersByTimeAsync(500)
  refresher.tell({ topic: 'registry.alias_moved', id: 'churn', version: 2 })
  await vi.advanceTimersByTimeAsync(4000)

  expect(diary).toEqual(['asked', 'answered', 'asked', 'answered', 'asked', 'answered'])
})

it('asks nothing while the tab is hidden, and catches up when it is shown', async () => {
  const refresher = createRefresher(client, () => hidden)
  const registry = await shown(['registry', 'model', 'churn'])

  hidden = true
  refresher.tell({ topic: 'registry.alias_moved', id: 'churn', version: 1 })
  await vi.advanceTimersByTimeAsync(1000)
  expect(registry).not.toHaveBeenCalled()

  hidden = false
  refresher.resume()
  await vi.advanceTimersByTimeAsync(1000)
  expect(registry).toHaveBeenCalledTimes(1)
})

it('asks for everything when news was missed, and for nothing when none was', async () => {
  const refresher = createRefresher(client, () => hidden)
  const registry = await shown(['registry', 'model', 'churn'])
  const monitoring = await shown(['monitoring', 'windows', 'churn'])

  refresher.resume()
  await vi.advanceTimersByTimeAsync(1000)
  expect([registry, monitoring].map((ask) => ask.mock.calls.length)).toEqual([0, 0])

  refresher.tell({ reset: true })
  await vi.advanceTimersByTimeAsync(1000)
  expect([registry, monitoring].map((ask) => ask.mock.calls.length)).toEqual([1, 1])
})
