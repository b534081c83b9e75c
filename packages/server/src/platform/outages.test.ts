import { createClient } from '@evenkeel/client'
import { defineEvents, EventBase, platform, projects } from '@evenkeel/contract'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWorld, type World } from '../testing.ts'
import { on, publish } from './events.ts'
import { outage } from './outages.ts'
import { readPostgresSettings } from './postgres-settings.ts'

const events = defineEvents({ 'registry.shelf_moved': EventBase })
const heard: string[] = []

let folder: string
let database: ChildProcess
let databasePid: number
let world: World
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-outage-'))
  const main = join(import.meta.dirname, '../postgres.ts')
  database = spawn(process.execPath, [main, '--folder', folder], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = (await once(database.stdout!, 'data')) as [Buffer]
  databasePid = (JSON.parse(line.toString()) as { pid: number }).pid
  const { url } = (await readPostgresSettings(folder))!
  world = await startWorld({
    domains: () => [
      {
        subscriptions: [
          on(events, 'registry.shelf_moved', 'shelves.follow', async ({ subject }) => void heard.push(subject)),
        ],
      },
    ],
    environment: { EVENKEEL_DATABASE_URL: url, EVENKEEL_LOG_LEVEL: 'silent' },
  })
})
afterAll(async () => {
  try {
    await world.stop()
  } finally {
    // Also after a world that never came up: a database must not stay behind.
    database.kill('SIGTERM')
    await once(database, 'exit')
    await rm(folder, { recursive: true, force: true })
  }
})

const move = (subject: string) =>
  world.platform.db
    .transaction()
    .execute((tx) => publish(tx, events, 'registry.shelf_moved', { projectId: 'default', subject }))

it('answers 503 while the database is away, and goes on by itself when it is back', async () => {
  const users = () => createClient(projects, world.clientOptions()).listUsers()
  const stopFollowing = new AbortController()
  const news = createClient(platform, world.clientOptions()).events({ query: {} }, { signal: stopFollowing.signal })
  const firstNews = news.next()
  await move('before')
  await world.settle()
  await firstNews

  process.kill(databasePid, 'SIGKILL')
  let refusal = await fetch(`${world.url}/api/v1/users`)
  for (; refusal.status !== 503; refusal = await fetch(`${world.url}/api/v1/users`)) await delay(5)
  const alive = await fetch(`${world.url}/healthz`)
  expect(refusal.headers.get('retry-after')).toBe('1')
  expect(await refusal.json()).toMatchObject({
    code: 'platform.unavailable',
    fix: expect.stringContaining('Try again'),
  })
  expect(alive.status).toBe(200)

  await expect
    .poll(
      () =>
        users().then(
          ({ items }) => items.length,
          () => 0,
        ),
      { timeout: 30_000 },
    )
    .toBe(1)
  const nextNews = news.next()
  await expect
    .poll(
      () =>
        move('after').then(
          () => 'told',
          () => 'away',
        ),
      { timeout: 30_000 },
    )
    .toBe('told')
  await world.settle(15_000)
  expect(heard).toContain('before')
  expect(heard).toContain('after')
  expect(await nextNews).toMatchObject({ value: { data: { id: 'after' } } })
  stopFollowing.abort()
})

const broken = (code: string, message = 'broken') => Object.assign(new Error(message), { code })

it.each([
  { what: 'a server that shuts down', error: broken('57P01'), code: 'platform.unavailable' },
  { what: 'a server that starts', error: broken('57P03'), code: 'platform.unavailable' },
  { what: 'too many connections', error: broken('53300'), code: 'platform.unavailable' },
  { what: 'a deadlock', error: broken('40P01'), code: 'platform.unavailable' },
  { what: 'a cut line', error: new Error('Connection terminated unexpectedly'), code: 'platform.unavailable' },
  { what: 'a full disk under the database', error: broken('53100'), code: 'platform.disk_full' },
  { what: 'a full disk under us', error: broken('ENOSPC'), code: 'platform.disk_full' },
  { what: 'one of several attempts', error: new AggregateError([broken('57P03')]), code: 'platform.unavailable' },
  { what: 'a bug', error: new TypeError('undefined is not a function'), code: undefined },
  { what: 'a violated key', error: broken('23505'), code: undefined },
])('knows $what', ({ error, code }) => {
  expect(outage(error)?.code).toBe(code)
})
