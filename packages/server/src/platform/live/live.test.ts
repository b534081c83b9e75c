import { createClient, type ReceivedEvent } from '@evenkeel/client'
import { defineEvents, EventBase, type LiveEvent, platform } from '@evenkeel/contract'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorld, type World } from '../../testing.ts'
import { publish } from '../events.ts'
import { createMailbox } from './mailbox.ts'

const events = defineEvents({ 'registry.shelf_moved': EventBase, 'monitoring.shelf_fell': EventBase })

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.stop())

const announce = (
  subject: string,
  { topic = 'registry.shelf_moved' as keyof typeof events, projectId = 'default' } = {},
) => world.platform.db.transaction().execute((tx) => publish(tx, events, topic, { projectId, subject }))

type Received = ReceivedEvent<LiveEvent>

/** Follows until `count` events came; `ready` settles when the server listens for this client. */
function follow(count: number, { topics, lastEventId }: { topics?: string; lastEventId?: string } = {}) {
  const controller = new AbortController()
  const client = createClient(platform, world.clientOptions())
  const stream = client.events({ query: { topics } }, { lastEventId, signal: controller.signal })
  const received = collect(stream, count).finally(() => controller.abort())
  return { received, ready: delay(150), stop: () => controller.abort() }
}

async function collect(stream: AsyncGenerator<Received>, count: number): Promise<Received[]> {
  const seen: Received[] = []
  for await (const event of stream) {
    seen.push(event)
    if (seen.length === count) break
  }
  return seen
}

const subjects = (received: readonly Received[]) => received.map(({ data }) => ('reset' in data ? 'reset' : data.id))

describe('the live feed', () => {
  it('tells soon after the commit which object changed, and nothing else', async () => {
    const { received, ready } = follow(1)
    await ready
    const startedAt = performance.now()
    await announce('oak')

    const [event] = await received
    expect(performance.now() - startedAt).toBeLessThan(4000)
    expect(event).toEqual({
      id: expect.stringMatching(/^\d+$/),
      data: { topic: 'registry.shelf_moved', id: 'oak', version: Number(event!.id) },
    })
  })

  it('names an object once in a quarter of a second, however often it changed', async () => {
    const { received, ready } = follow(2)
    await ready
    await world.platform.db.transaction().execute(async (tx) => {
      for (let change = 0; change < 20; change++) {
        await publish(tx, events, 'registry.shelf_moved', { projectId: 'default', subject: 'elm' })
      }
    })
    await announce('last')

    expect(subjects(await received)).toEqual(['elm', 'last'])
  })

  it('tells of the topics that were asked for, in the project of the caller', async () => {
    const { received, ready } = follow(2, { topics: 'monitoring, registry.other' })
    await ready
    await announce('not asked for')
    await announce('a', { topic: 'monitoring.shelf_fell' })
    await announce('not here', { topic: 'monitoring.shelf_fell', projectId: 'other' })
    await announce('b', { topic: 'monitoring.shelf_fell' })

    expect(subjects(await received)).toEqual(['a', 'b'])
  })

  it('resumes after the last event that was seen, without a gap and without a repetition', async () => {
    const { received, ready } = follow(1)
    await ready
    await announce('first')
    const [first] = await received
    await announce('second')
    await delay(600)
    await announce('third')

    const later = follow(2, { lastEventId: first!.id! })

    expect(subjects(await later.received)).toEqual(['second', 'third'])
  })

  it('gives ids in the order of the commits, not of the writes', async () => {
    const { received, ready } = follow(2)
    await ready
    await world.platform.db.transaction().execute(async (slow) => {
      await publish(slow, events, 'registry.shelf_moved', { projectId: 'default', subject: 'written first' })
      await announce('committed first')
      await delay(600)
    })

    const seen = await received
    expect(subjects(seen)).toEqual(['committed first', 'written first'])
    expect(Number(seen[0]!.id)).toBeLessThan(Number(seen[1]!.id))
  })

  it('says reset when what was missed is forgotten', async () => {
    await announce('x')
    await delay(400)
    await announce('y')
    await delay(400)
    await world.platform.live.prune(new Date(Date.now() + 25 * 3_600_000))

    const { received } = follow(1, { lastEventId: '1' })

    expect(subjects(await received)).toEqual(['reset'])
  })

  it.each(['999999', 'nonsense'])('says reset after an id that never was: %s', async (lastEventId) => {
    const { received } = follow(1, { lastEventId })

    expect(subjects(await received)).toEqual(['reset'])
  })

  it('does not keep the server from stopping', async () => {
    const other = await startWorld()
    const response = await fetch(`${other.url}/api/v1/events`)
    const text = response.text().catch(() => 'broken')

    const startedAt = performance.now()
    await other.stop()

    expect(performance.now() - startedAt).toBeLessThan(4000)
    expect(await text).toContain(': open')
  })
})

describe('a mailbox', () => {
  it('drops what piles up for a reader that is too slow, and tells', async () => {
    const { signal } = new AbortController()
    const mailbox = createMailbox<number>(signal, 3)
    mailbox.put([1, 2])
    mailbox.put([3, 4])
    mailbox.put([5])

    const reader = mailbox.read()

    expect((await reader.next()).value).toBe('overflow')
    expect((await reader.next()).value).toBe(5)
  })

  it('ends with its signal', async () => {
    const controller = new AbortController()
    const end = createMailbox<number>(controller.signal).read().next()
    controller.abort()

    expect(await end).toEqual({ done: true, value: undefined })
  })
})
