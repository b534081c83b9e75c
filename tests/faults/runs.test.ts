import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../../packages/client/src/index.ts'
import { pipelines, type Run } from '../../packages/contract/src/index.ts'
import { readPostgresSettings, urlOf } from '../../packages/server/src/platform/postgres-settings.ts'
import {
  backAgain,
  choosePlace,
  evenkeel,
  killHard,
  type Place,
  placeOptions,
  processesOf,
  until,
  type Victim,
} from './platform.ts'

/** However it ends, a run must not stay "running" for longer than this after a kill. */
const settledMs = 60_000

let place: Place
let api: Client<typeof pipelines>

beforeAll(async () => {
  place = await choosePlace()
  await evenkeel('up', '--detach', ...placeOptions(place))
  api = createClient(pipelines, { baseUrl: place.url })
})
afterAll(async () => {
  await evenkeel('down', '--folder', place.folder)
  await rm(place.folder, { recursive: true })
})

const lineCount = 150
/** Says who it is, and counts for about 15 s: what a training with a log looks like from outside. */
const training = {
  key: 'train',
  run: ['/bin/sh', '-euc', `echo $$; i=0; while [ $i -lt ${lineCount} ]; do echo line $i; i=$((i+1)); sleep 0.1; done`],
  retries: 0,
}

async function startTraining(pipeline: string): Promise<{ id: string; pid: number }> {
  await api.put({ params: { pipeline }, body: { steps: [training] } })
  const { id } = await api.startRun({ params: { pipeline }, body: {} })
  await until('the training to begin', async () => (await logOf(id)).includes('line 5\n'))
  return { id, pid: Number((await logOf(id)).split('\n')[0]) }
}

async function logOf(run: string): Promise<string> {
  const { text } = await api.readLog({ params: { run, step: 'train' }, query: {} })
  return text
}

/** Asks until the run has ended; nobody may be there to answer for a while. */
async function ended(run: string): Promise<Run> {
  let found: Run | undefined
  await until(`the run ${run} to end`, async () => {
    found = await api.getRun({ params: { run } }).catch(() => undefined)
    return typeof found?.endedAt === 'string'
  })
  return found!
}

const wholeLog = (pid: number) =>
  [String(pid), ...Array.from({ length: lineCount }, (_, at) => `line ${at}`), ''].join('\n')

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('kill -9 in the middle of a training', () => {
  it.each<[Victim]>([['server'], ['postgresql'], ['postgres']])(
    'of the %s: the same process goes on, the run succeeds, and the log has no gap',
    async (victim) => {
      const { id, pid } = await startTraining(`killed-${victim}`)

      await backAgain(place, await killHard(place.folder, victim))
      expect(isAlive(pid)).toBe(true)
      const run = await ended(id)

      expect(run).toMatchObject({ state: 'succeeded', steps: [{ attempts: [{ outcome: 'ok' }] }] })
      expect(await logOf(id)).toBe(wholeLog(pid))
    },
  )

  it('of everything that is ours: the training goes on alone, and the next start finds it', async () => {
    const { id, pid } = await startTraining('killed-all')

    for (const { name } of await processesOf(place.folder)) await killHard(place.folder, name as Victim).catch(() => {})
    expect(isAlive(pid)).toBe(true)
    await evenkeel('up', '--detach', ...placeOptions(place))
    const run = await ended(id)

    expect(run).toMatchObject({ state: 'succeeded', steps: [{ attempts: [{ outcome: 'ok' }] }] })
    expect(await logOf(id)).toBe(wholeLog(pid))
  })

  it('of the training itself, again and again: it is tried three times more, and then the run says why it failed', async () => {
    const { id } = await startTraining('killed-training')
    const killed = new Set<number>()
    const startedAt = performance.now()

    const killing = (async () => {
      while ((await api.getRun({ params: { run: id } })).endedAt === null) {
        const pid = await leaderOf(id)
        if (pid !== undefined && !killed.has(pid)) process.kill(-pid, 'SIGKILL')
        if (pid !== undefined) killed.add(pid)
        await delay(50)
      }
    })()
    const run = await ended(id)
    await killing

    expect(performance.now() - startedAt).toBeLessThan(settledMs)
    expect(run.steps[0]!.attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'lost', 'lost', 'lost'])
    expect(run).toMatchObject({ state: 'failed', reason: expect.stringContaining('gone without an exit code') })
  })
})

/** The process group of the newest attempt, once it has one. */
async function leaderOf(run: string): Promise<number | undefined> {
  const { steps } = await api.getRun({ params: { run } })
  const newest = steps[0]!.attempts.at(-1)
  if (newest === undefined || newest.endedAt !== null) return undefined
  const path = join(place.folder, 'pipelines/attempts', newest.externalId, 'control/pid')
  const pid = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10)
  return isAlive(pid) ? pid : undefined
}

it('loses no run when the queue is emptied, again and again', async () => {
  const steps = ['a', 'b', 'c'].map((key, at, all) => ({ key, run: ['true'], needs: all.slice(0, at) }))
  await api.put({ params: { pipeline: 'emptied' }, body: { steps } })
  const { client, close } = await connect()
  const ids: string[] = []

  // The queue is at work: emptying it and starting a run may each be the victim of a deadlock.
  const startRun = () => api.startRun({ params: { pipeline: 'emptied' }, body: {} }).then(({ id }) => ids.push(id))
  const empty = () => client.query('truncate pgboss.job cascade')
  while (ids.length < 20) {
    await startRun().catch(() => delay(100))
    await empty().catch(() => delay(100))
  }
  const runs = await Promise.all(ids.map(ended))
  await close()

  expect(runs.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'))
})

async function connect() {
  const settings = await readPostgresSettings(place.folder)
  const client = new pg.Client({ connectionString: urlOf(settings!) })
  await client.connect()
  return { client, close: () => client.end() }
}
