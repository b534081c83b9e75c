import { createClient } from '@evenkeel/client'
import { artifacts, storage as endpoints } from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { listAudit } from '../../platform/audit.ts'
import { json } from '../../platform/db.ts'
import type { Platform } from '../../platform/server.ts'
import { startWorld, type World } from '../../testing.ts'
import { artifactBlobs } from '../artifacts/blob-holder.ts'
import { pipelineBlobs } from '../pipelines/blob-holder.ts'
import { lastNight } from '../../platform/last-night.ts'
import { storageRoutes } from './routes.ts'
import { createStorage } from './service.ts'
import { nothingCounted } from './collector.ts'

const dayMs = 86_400_000
/** What this server takes for now. */
let clock: Date
const domainOf = (platform: Platform) => {
  const storage = createStorage({
    ...platform,
    now: () => clock,
    holders: [artifactBlobs, pipelineBlobs],
    alwaysHeld: [platform.probe],
    collecting: { nightly: true, graceHours: 24 },
  })
  return { routes: (app: Parameters<typeof storageRoutes>[0]) => storageRoutes(app, storage), jobs: storage.jobs }
}

let world: World
beforeAll(async () => {
  const environment = { EVENKEEL_LOG_LEVEL: 'silent' }
  world = await startWorld({ environment, domains: (platform) => [domainOf(platform)] })
})
beforeEach(async () => {
  clock = new Date()
  await world.platform.db.deleteFrom('storage.collection').execute()
})
afterAll(() => world.stop())

const api = () => createClient(endpoints, world.clientOptions())
const files = () => createClient(artifacts, world.clientOptions())
const later = (ms: number) => {
  clock = new Date(Date.now() + ms)
}

async function collect(body: { dryRun?: boolean; graceHours?: number } = {}) {
  const { id } = await api().collect({ body })
  await world.settle()
  return api().get({ params: { collection: id } })
}

async function has(digest: string): Promise<boolean> {
  return world.platform.blobs.has(digest)
}

describe('a collection of garbage', () => {
  it('takes what was deleted, once it was not stored again for a day, and is audited', async () => {
    const { digest } = await files().putFile({ query: { path: 'a.txt' }, file: Buffer.from('garbage') })
    const kept = await files().putFile({ query: { path: 'b.txt' }, file: Buffer.from('kept') })
    await files().deleteFiles({ query: { path: 'a.txt' } })

    later(dayMs - 60_000)
    expect(await collect()).toMatchObject({ state: 'succeeded', freed: { blobs: 0 }, young: { blobs: 1 } })
    later(dayMs + 60_000)
    const done = await collect()

    expect(done).toMatchObject({ state: 'succeeded', phase: null, startedBy: 'local', graceHours: 24, reason: null })
    expect(done.freed).toEqual({ blobs: 1, sizeBytes: 7 })
    expect(done.held.map(({ domain, missing }) => [domain, missing])).toEqual([
      ['platform', 0],
      ['artifacts', 0],
    ])
    expect([await has(digest), await has(kept.digest), await has(world.platform.probe)]).toEqual([false, true, true])
    const [entry] = await listAudit(world.platform.db, { projectId: 'default', action: 'storage.collect', limit: 1 })
    expect(entry).toMatchObject({ actor: 'local', subject: done.id, after: { freed: { blobs: 1, sizeBytes: 7 } } })
  })

  it('says in a dry run what would go, deletes nothing, and is no entry of the audit log', async () => {
    const { digest } = await files().upload({ query: {}, file: Buffer.from('nobody names me') })
    later(2 * dayMs)

    const dry = await collect({ dryRun: true })

    expect(dry).toMatchObject({ dryRun: true, freed: { blobs: 1, sizeBytes: 15 } })
    expect(await has(digest)).toBe(true)
    const entries = await listAudit(world.platform.db, { projectId: 'default', subject: dry.id, limit: 1 })
    expect(entries).toEqual([])
  })

  it('keeps what steps have left, the files of folders too, and what they told the next step', async () => {
    const put = async (text: string) => (await files().upload({ query: {}, file: Buffer.from(text) })).digest
    const [inFolder, file] = [await put('in a folder'), await put('a file')]
    const [told, garbage] = [await put('told'), await put('garbage of a step')]
    const entry = { path: 'x/y', digest: inFolder, sizeBytes: 11, executable: false }
    const folder = await put(JSON.stringify({ kind: 'evenkeel.folder', version: 1, files: [entry] }))
    const outputs = { out: { digest: folder, sizeBytes: 11, fileCount: 1 }, one: { digest: file, sizeBytes: 6 } }
    await addAttempt(outputs, { model: told })
    later(2 * dayMs)

    const { held } = await collect()

    expect(held.find(({ domain }) => domain === 'pipelines')).toMatchObject({ blobs: 4, missing: 0 })
    expect(await Promise.all([inFolder, folder, file, told, garbage].map(has))).toEqual([true, true, true, true, false])
  })

  it('deletes nothing when the list of a folder is damaged, and says which', async () => {
    const { digest: garbage } = await files().upload({ query: {}, file: Buffer.from('stays for now') })
    const { digest } = await files().upload({ query: {}, file: Buffer.from('{"no":"folder"}') })
    const attempt = await addAttempt({ out: { digest, sizeBytes: 1, fileCount: 1 } })
    later(2 * dayMs)

    const failed = await collect()
    await world.platform.db.deleteFrom('pipelines.run').where('id', '=', attempt).execute()

    expect(failed).toMatchObject({ state: 'failed', freed: { blobs: 0 } })
    expect(failed.reason).toContain(digest)
    expect(await has(garbage)).toBe(true)
  })

  it('is one at a time, and needs an admin', async () => {
    await addOpen()
    const viewer = createClient(endpoints, await world.asRole('data_scientist', 'operator', 'approver'))

    await expect(api().collect({ body: {} })).rejects.toMatchObject({ status: 409, code: 'storage.collecting' })
    await expect(viewer.collect({ body: {} })).rejects.toMatchObject({ status: 403 })
    await expect(viewer.list({ query: {} })).rejects.toMatchObject({ status: 403 })
    await expect(api().collect({ body: { graceHours: 0.5 } })).rejects.toMatchObject({ status: 400 })
    await expect(api().get({ params: { collection: 'none' } })).rejects.toMatchObject({
      code: 'storage.collection_not_found',
    })
  })

  it('is listed with those before, newest first', async () => {
    const ids = [(await collect()).id, (await collect({ dryRun: true })).id, (await collect()).id]

    const first = await api().list({ query: { limit: 2 } })
    const second = await api().list({ query: { limit: 2, cursor: first.nextCursor! } })

    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids.toReversed())
    expect(second.nextCursor).toBeNull()
  })
})

describe('every night', () => {
  it('garbage is collected once', async () => {
    await world.runJob('storage.tick')
    await world.settle()
    await world.runJob('storage.tick')
    await world.settle()
    later(dayMs)
    await world.runJob('storage.tick')
    await world.settle()

    const { items } = await api().list({ query: {} })
    expect(items.map(({ state, startedBy }) => [state, startedBy])).toEqual(Array(2).fill(['succeeded', 'system']))
  })

  it('a collection is taken up that a server left when it died', async () => {
    const id = await addOpen()

    await world.runJob('storage.tick')
    await world.settle()

    expect(await api().get({ params: { collection: id } })).toMatchObject({ state: 'succeeded' })
  })

  it.each([
    ['2026-03-02T02:59:00', '2026-03-01T03:00:00'],
    ['2026-03-02T03:00:00', '2026-03-02T03:00:00'],
    ['2026-03-02T23:00:00', '2026-03-02T03:00:00'],
  ])('at %s, the last one was that of %s', (now, night) => {
    expect(lastNight(new Date(now))).toEqual(new Date(night))
  })
})

/** A collection that a server began. */
async function addOpen(): Promise<string> {
  const id = randomUUID()
  const row = { id, project_id: 'default', state: 'running', phase: 'listing', started_by: 'system' } as const
  const facts = { dry_run: false, grace_seconds: 86_400, created_at: clock, counts: json(nothingCounted) }
  await world.platform.db
    .insertInto('storage.collection')
    .values({ ...row, ...facts })
    .execute()
  return id
}

/** A step that has succeeded with these outputs. @returns the id of its run */
async function addAttempt(outputs: object, values: object = {}): Promise<string> {
  const { db } = world.platform
  const [id, at] = [randomUUID(), new Date()]
  const key = { project_id: 'default', pipeline: 'p', version: 1 }
  await db
    .insertInto('pipelines.pipeline_version')
    .values({ ...key, spec: '{}', spec_digest: 'x', created_by: 'me', created_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const who = { created_by: 'me', user_id: 'me', commit: 'x' }
  const times = { looked_at: at, created_at: at, ended_at: at }
  await db
    .insertInto('pipelines.run')
    .values({ ...key, ...who, ...times, id, engine: 1, state: 'succeeded', trigger: '{}', params: '{}', plan: '{}' })
    .execute()
  const step = { project_id: 'default', run_id: id }
  await db
    .insertInto('pipelines.step')
    .values({ ...step, key: 's', position: 0, state: 'succeeded', count_from: 0 })
    .execute()
  const left = { outputs: json(outputs), small_values: json(values) }
  const external = { external_id: id, executor: 'local', host: 'here', submitted_at: at, seen_at: at, ended_at: at }
  await db
    .insertInto('pipelines.attempt')
    .values({ ...step, ...external, ...left, step_key: 's', attempt: 1, state: 'succeeded' })
    .execute()
  return id
}
