import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { listFolder, whyNotFolder } from './folder.ts'
import { startTriggersWorld, type TriggersWorld } from './testing.ts'

let root: string
let folder: string
let world: TriggersWorld
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'evenkeel-watch-'))
  world = await startTriggersWorld({ environment: { EVENKEEL_WATCH_ROOTS: `${root}/none:${root}/in` } })
}, 60_000)
afterAll(async () => {
  await world.stop()
  await rm(root, { recursive: true, force: true })
})

let count = 0
beforeEach(async () => {
  folder = join(root, 'in', `f${++count}`)
  await mkdir(folder, { recursive: true })
})

const write = (name: string, text = 'x') => writeFile(join(folder, name), text)
const source = () => ({ kind: 'folder', path: folder, debounce: { quietSeconds: 30, maxWaitSeconds: 100 } }) as const

/** So many seconds after the trigger was written: the folder is looked at, then what is due is fired. */
async function look(seconds: number): Promise<void> {
  world.outside.clock = new Date(Date.UTC(2026, 0, 1) + seconds * 1000)
  await world.runJob('pipelines.watch_folders')
  await world.tick()
}

async function haveTrigger(on: object = {}): Promise<string> {
  const pipeline = await world.havePipeline('true', { files: '' })
  world.outside.clock = new Date(Date.UTC(2026, 0, 1))
  await world.putTrigger(pipeline, { on: { ...source(), param: 'files', ...on }, whenBusy: 'queue' })
  return pipeline
}

/** Names by firing, oldest first. */
const taken = async (pipeline: string) =>
  (await world.firings(pipeline)).map(({ evidence }) =>
    (evidence['files'] as { path: string }[]).map(({ path }) => path),
  )

async function endAll(pipeline: string): Promise<void> {
  for (const { runId } of await world.firings(pipeline)) if (runId !== null) await world.until(runId)
}

describe('a folder', () => {
  it('fires once for new files when they are quiet, and not for what was there', async () => {
    await write('old.csv')
    const pipeline = await haveTrigger({ pattern: '*.csv' })
    await write('b.csv', '12345')
    await write('a.csv')
    await write('c.txt')
    await write('.d.csv')

    await look(1)
    await look(29)
    expect(await world.firings(pipeline)).toEqual([])
    await Promise.all([look(31), look(31)])
    await look(40)
    await look(500)

    const [firing, ...others] = await world.firings(pipeline)
    expect(others).toEqual([])
    expect(firing).toMatchObject({
      kind: 'folder',
      outcome: 'started',
      evidence: {
        folder,
        count: 2,
        bytes: 6,
        files: [
          { path: 'a.csv', sizeBytes: 1 },
          { path: 'b.csv', sizeBytes: 5 },
        ],
      },
    })
    expect(await world.until(firing!.runId!)).toMatchObject({
      params: { files: [join(folder, 'a.csv'), join(folder, 'b.csv')] },
      trigger: { kind: 'folder', says: expect.stringContaining('2 files, "a.csv" to "b.csv", came into') },
    })
  })

  it('fires again for a file that changes, and waits while one grows, but not longer than it may', async () => {
    await write('old.csv')
    const pipeline = await haveTrigger()
    await write('old.csv', 'other')
    await look(0)
    for (const second of [25, 50, 75]) {
      await write('growing.csv', 'x'.repeat(second))
      await look(second)
    }
    expect(await world.firings(pipeline)).toMatchObject([{ outcome: 'pending' }])
    await write('growing.csv', 'x'.repeat(100))
    await look(100)
    expect(await taken(pipeline)).toEqual([['old.csv']])
    await endAll(pipeline)

    await look(131)

    expect(await taken(pipeline)).toEqual([['old.csv'], ['growing.csv']])
    await endAll(pipeline)
  })

  it('tells once that it cannot be looked at, and what was in it is no news when it is back', async () => {
    await write('known.csv')
    const pipeline = await haveTrigger()

    await rename(folder, `${folder}.away`)
    await look(3)
    await look(6)
    await rename(`${folder}.away`, folder)
    await look(9)
    await look(60)
    expect(await world.firings(pipeline)).toMatchObject([
      { outcome: 'skipped', says: expect.stringContaining(`could not be looked at. There is no folder "${folder}".`) },
    ])
    await rename(folder, `${folder}.away`)
    await look(70)

    expect(await world.firings(pipeline)).toHaveLength(2)
  })

  it('goes on when its trigger is written again, begins anew with another pattern, and can be paused', async () => {
    const pipeline = await haveTrigger()
    await write('a.csv')
    await haveSame(pipeline, {})
    await look(1)
    await world.triggers.pauseAll({ body: { why: 'The disk is full.' } })
    await look(32)
    await world.triggers.resumeAll({ body: { why: 'No more.' } })
    expect(await world.firings(pipeline)).toMatchObject([
      { outcome: 'skipped', says: expect.stringContaining('The disk is full.') },
    ])
    await write('b.txt')

    await haveSame(pipeline, { pattern: '*.txt' })
    await look(33)
    await look(90)

    expect(await world.firings(pipeline)).toHaveLength(1)
  })

  it('says before what the next look would see', async () => {
    const pipeline = await haveTrigger()
    const test = () => world.triggers.test({ params: { pipeline, trigger: 'it' } })
    expect(await test()).toMatchObject({
      wouldStart: true,
      says: expect.stringContaining('of the 0 there, none is new'),
      lastDays: { count: null, says: expect.stringContaining('past is not known') },
    })
    await write('a.csv')

    expect((await test()).says).toBe(`New or changed in "${folder}": "a.csv".`)
    expect(await world.firings(pipeline)).toEqual([])
  })
})

const haveSame = (pipeline: string, on: object) =>
  world.putTrigger(pipeline, { on: { ...source(), param: 'files', ...on } })

it('gives a run at most 1,000 paths, and the rest to the next', async () => {
  const pipeline = await haveTrigger()
  await Promise.all(Array.from({ length: 1001 }, (_, at) => write(`${at}`.padStart(4, '0'))))

  for (const second of [1, 32, 33, 34]) await look(second)

  const found = await world.firings(pipeline)
  expect(found.map(({ evidence }) => evidence['count'])).toEqual([1000, 1])
  await endAll(pipeline)
})

describe('is refused', () => {
  it.each([
    ['a folder outside of the roots', () => root, 'does not lie below'],
    ['".."', () => `${root}/in/../in`, 'without ".."'],
    ['a relative path', () => 'in', 'must be an absolute path'],
    ['a folder that is not there', () => `${root}/in/none`, 'There is no folder'],
    ['a link that leads out', () => `${root}/in/out`, 'does not lie below'],
  ])('%s', async (_, path, says) => {
    await symlink(tmpdir(), `${root}/in/out`).catch(() => undefined)
    const pipeline = await world.havePipeline()

    const put = world.putTrigger(pipeline, { on: { ...source(), path: path() } })

    await expect(put).rejects.toMatchObject({
      code: 'pipelines.trigger_invalid',
      why: expect.stringContaining(says),
    })
    expect((await world.triggers.list()).items).toEqual([])
  })

  it('every folder while no root is set', async () => {
    expect(await whyNotFolder([], { ...source(), pattern: '*' })).toContain('Set EVENKEEL_WATCH_ROOTS')
  })
})

it('lists files below when the pattern has a "/", and follows no link', async () => {
  await mkdir(join(folder, 'day'))
  await write('day/a.csv')
  await write('b.csv')
  await utimes(join(folder, 'b.csv'), 5, 5)
  await symlink(tmpdir(), join(folder, 'link'))
  await symlink(join(folder, 'b.csv'), join(folder, 'c.csv'))
  const list = async (pattern: string) => await listFolder([root], { ...source(), pattern })

  expect(await list('*')).toEqual([{ path: 'b.csv', size_bytes: 1, mtime_ms: 5000, etag: null }])
  expect((await list('**/*.csv')).map(({ path }) => path)).toEqual(['b.csv', 'day/a.csv'])
})
