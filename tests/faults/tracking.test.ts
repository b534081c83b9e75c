import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backAgain, choosePlace, evenkeel, killHard, type Place, placeOptions } from './platform.ts'

const clients = 8
const killCount = 3
const batchPoints = 100

let place: Place

beforeAll(async () => {
  place = await choosePlace()
  await evenkeel('up', '--detach', ...placeOptions(place))
})
afterAll(async () => {
  await evenkeel('down', '--folder', place.folder)
  await rm(place.folder, { recursive: true })
})

interface History {
  readonly metrics: readonly { readonly step: number; readonly value: number }[]
  readonly next_page_token?: string
}

async function call<T>(path: string, message?: object): Promise<T> {
  const response = await fetch(`${place.url}/api/2.0/mlflow/${path}`, {
    ...(message && { method: 'POST', body: JSON.stringify(message) }),
    headers: { 'content-type': 'application/json' },
  })
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

/** Sends again what got no answer, as MLflow's client does; nobody knows then whether it was written. */
async function patiently<T>(path: string, message: object): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await call<T>(path, message)
    } catch (error) {
      if (tries > 300) throw error
      await delay(200)
    }
  }
}

/** Logs until told to stop. @returns how many points were acknowledged, from step 0 on */
async function log(runId: string, isOver: () => boolean): Promise<number> {
  let acknowledged = 0
  for (; !isOver(); acknowledged += batchPoints) {
    const metrics = Array.from({ length: batchPoints }, (_, at) => {
      const step = acknowledged + at
      return { key: 'loss', value: step / 2, timestamp: 1_000_000 + step, step }
    })
    await patiently('runs/log-batch', { run_id: runId, metrics })
  }
  return acknowledged
}

async function historyOf(runId: string): Promise<History['metrics']> {
  const { metrics } = await call<History>(`metrics/get-history?run_id=${runId}&metric_key=loss`)
  return metrics
}

it('kill -9 of the server and of PostgreSQL while eight clients log: all that was acknowledged is there, and once', async () => {
  const runs = await Promise.all(
    Array.from({ length: clients }, () =>
      call<{ run: { info: { run_id: string } } }>('runs/create', { experiment_id: '0' }),
    ),
  )
  const ids = runs.map(({ run }) => run.info.run_id)
  let isOver = false
  const logging = ids.map((id) => log(id, () => isOver))
  for (let kill = 0; kill < killCount; kill++) {
    for (const victim of ['server', 'postgresql'] as const) {
      await delay(1000)
      await backAgain(place, await killHard(place.folder, victim))
    }
  }
  await delay(1000)
  isOver = true
  const acknowledged = await Promise.all(logging)

  for (const [at, id] of ids.entries()) {
    const steps = (await historyOf(id)).map(({ step }) => step)
    expect(steps).toEqual(Array.from({ length: acknowledged[at]! }, (_, step) => step))
  }
  const total = acknowledged.reduce((sum, count) => sum + count, 0)
  process.stdout.write(`${total} points acknowledged through ${killCount * 2} kills; all there, each once\n`)
  expect(total).toBeGreaterThan(clients * batchPoints * 10)
})
