import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRunning } from '../../packages/cli/src/supervisor/identity.ts'
import {
  type Place,
  type Victim,
  backAgain,
  choosePlace,
  evenkeel,
  killHard,
  placeOptions,
  processesOf,
} from './platform.ts'
import { type Api, NAME, apiOf, serveSmallModel } from './small-model.ts'
import { createTraffic } from './traffic.ts'

const READY_AGAIN_MS = 30_000
const DELIVERED = { timeout: 60_000, interval: 250 }

let place: Place
let api: Api
let traffic: ReturnType<typeof createTraffic>

beforeAll(async () => {
  place = await choosePlace()
  await evenkeel('up', '--detach', ...placeOptions(place))
  api = apiOf(place)
  traffic = createTraffic(place.inferenceUrl)
  await serveSmallModel(api)
})
afterAll(async () => {
  await evenkeel('down', '--folder', place.folder)
  await rm(place.folder, { recursive: true })
})

/** Kills a process under traffic and waits until it is back. */
async function killUnderTraffic(victim: Victim) {
  let backAfterMs = Infinity
  const sent = await traffic.during(async () => {
    await delay(1000)
    backAfterMs = await backAgain(place, await killHard(place.folder, victim))
    await delay(1000)
  })
  return { ...sent, backAfterMs }
}

/** The ids that were recorded, newest first, at most 200. */
async function recordedIds(): Promise<string[]> {
  const { items } = await api.monitoring.recentPredictions({ params: { endpoint: NAME }, query: { limit: 200 } })
  return items.map(({ id }) => id)
}

const recordCount = async () => (await api.monitoring.get({ params: { monitor: NAME } })).recordCount

describe('kill -9 while predictions are sent', () => {
  it.each<[Victim]>([['server'], ['postgresql'], ['postgres']])(
    'of the %s: it comes back, serving never stops, and each acknowledged prediction is recorded once',
    async (victim) => {
      const { ids, failedAttempts, backAfterMs } = await killUnderTraffic(victim)

      expect(failedAttempts).toBe(0)
      expect(backAfterMs).toBeLessThan(READY_AGAIN_MS)
      await expect.poll(async () => (await recordedIds()).slice(0, ids.length), DELIVERED).toEqual(ids.toReversed())
      await expect.poll(recordCount, DELIVERED).toBe(traffic.count())
    },
  )

  it('of the node: it comes back with its model, and each acknowledged prediction is recorded once', async () => {
    const { ids, backAfterMs } = await killUnderTraffic('node')

    expect(backAfterMs).toBeLessThan(READY_AGAIN_MS)
    await expect.poll(async () => (await recordedIds()).slice(0, ids.length), DELIVERED).toEqual(ids.toReversed())
    await expect.poll(recordCount, DELIVERED).toBe(traffic.count())
  })

  it('of server and node at once: the node serves again from its own disk', async () => {
    let servedAfterMs = Infinity
    const { ids } = await traffic.during(async () => {
      const killed = await killHard(place.folder, 'server')
      servedAfterMs = await backAgain(place, await killHard(place.folder, 'node'))
      await backAgain(place, killed)
    })

    expect(servedAfterMs).toBeLessThan(READY_AGAIN_MS)
    expect(ids.length).toBeGreaterThan(0)
    await expect.poll(recordCount, DELIVERED).toBe(traffic.count())
  })
})

describe('evenkeel down', () => {
  it('leaves nothing running, and what was recorded is there at the next start', async () => {
    const running = await processesOf(place.folder)
    expect(running.map(({ name }) => name).toSorted()).toEqual([
      'node',
      'postgres',
      'postgresql',
      'server',
      'supervisor',
    ])

    await evenkeel('down', '--folder', place.folder)

    expect(await stillThere(running)).toEqual([])
    expect(await evenkeel('down', '--folder', place.folder)).toContain('nothing ran')
    await evenkeel('up', '--detach', ...placeOptions(place))
    expect(await recordCount()).toBe(traffic.count())
  })

  it('also stops what a supervisor left behind that was killed', async () => {
    const running = await processesOf(place.folder)
    const supervisor = await killHard(place.folder, 'supervisor')
    const orphans = running.filter(({ pid }) => pid !== supervisor.pid)
    expect(await stillThere(orphans)).toEqual(orphans)

    await evenkeel('down', '--folder', place.folder)

    expect(await stillThere(running)).toEqual([])
  })
})

async function stillThere(processes: Awaited<ReturnType<typeof processesOf>>) {
  const alive = await Promise.all(processes.map(isRunning))
  return processes.filter((_, index) => alive[index])
}
