import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { sql } from 'kysely'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { blobTouchStore } from '../../platform/blobs/touches.ts'
import { startBucket } from '../../platform/blobs/s3/testing.ts'
import { type Db, openDatabase } from '../../platform/db.ts'
import { createDatabase } from '../../testing.ts'
import { digestOf, openShelf, shelfOf, silently, soon } from './testing.ts'

const folder = await mkdtemp(join(tmpdir(), 'evenkeel-gc-'))
const bucket = await startBucket()
let database: Awaited<ReturnType<typeof createDatabase>>
let db: Db
beforeAll(async () => {
  database = await createDatabase()
  db = await openDatabase(database.url)
})
beforeEach(async () => {
  await db.deleteFrom('artifacts.file').execute()
})
afterAll(async () => {
  await db.destroy()
  await database.drop()
  await bucket?.stop()
  await rm(folder, { recursive: true, force: true })
})

let count = 0
const places: Readonly<Record<string, () => string>> = {
  folder: () => pathToFileURL(join(folder, `blobs-${++count}`)).href,
  ...(bucket && { bucket: () => bucket.url(`gc-${++count}`) }),
}
const shelf = (kind: string) => openShelf(db, places[kind]!(), join(folder, `cache-${count}`))
const options = { dryRun: false, report: silently }

describe.each(Object.keys(places))('collecting garbage in a %s', (kind) => {
  it('deletes what nobody names, and leaves the rest', async () => {
    const { blobs, collect, name, stored } = await shelf(kind)
    const { digest: kept } = await blobs.put(Buffer.from('kept'))
    await blobs.put(Buffer.from('garbage'))
    await name('a', kept)
    await name('b', kept)
    await name('lost', digestOf('never stored'))

    const counts = await collect({ ...options, since: soon() })

    expect(await stored()).toEqual(new Set([kept]))
    expect(counts).toEqual({
      stored: { blobs: 2, sizeBytes: 11 },
      kept: { blobs: 1, sizeBytes: 4 },
      young: { blobs: 0, sizeBytes: 0 },
      freed: { blobs: 1, sizeBytes: 7 },
      unfinished: { count: 0, sizeBytes: 0 },
      held: [{ domain: 'artifacts', blobs: 1, sizeBytes: 4, missing: 1 }],
    })
  })

  it('says what would go in a dry run, and deletes nothing', async () => {
    const { blobs, collect, stored } = await shelf(kind)
    const { digest } = await blobs.put(Buffer.from('garbage'))

    const counts = await collect({ ...options, dryRun: true, since: soon() })

    expect(counts).toMatchObject({ freed: { blobs: 1, sizeBytes: 7 }, kept: { blobs: 0 } })
    expect(await stored()).toEqual(new Set([digest]))
  })

  it('leaves what was stored, stored again or claimed since', async () => {
    const { blobs, collect, stored } = await shelf(kind)
    await blobs.put(Buffer.from('once'))
    const { digest: again } = await blobs.put(Buffer.from('again'))
    const { digest: claimed } = await blobs.put(Buffer.from('claimed'))
    await db
      .updateTable('platform.blob_touch')
      .set({ touched_at: new Date(0) })
      .execute()
    // Its own clock tells whole seconds.
    const since = new Date(Date.now() + 2000)
    await db
      .insertInto('platform.blob_touch')
      .values([again, claimed].map((digest) => ({ digest, touched_at: since })))
      .onConflict((conflict) => conflict.column('digest').doUpdateSet({ touched_at: since }))
      .execute()

    const counts = await collect({ ...options, since })

    expect(counts).toMatchObject({ freed: { blobs: 1, sizeBytes: 4 }, young: { blobs: 2, sizeBytes: 12 } })
    expect(await stored()).toEqual(new Set([again, claimed]))
  })

  it('touches what is put, what is found there, and what is claimed', async () => {
    const { blobs } = await shelf(kind)
    const { digest } = await blobs.put(Buffer.from('touched'))
    const touchedAt = async () =>
      (await db.selectFrom('platform.blob_touch').selectAll().where('digest', '=', digest).executeTakeFirst())
        ?.touched_at
    const untouch = () =>
      db
        .updateTable('platform.blob_touch')
        .set({ touched_at: new Date(0) })
        .execute()

    await untouch()
    await blobs.put(Buffer.from('touched'))
    expect((await touchedAt())!.getTime()).toBeGreaterThan(0)

    await untouch()
    expect(await blobs.claim([digest, digestOf('absent'), digest])).toEqual([digestOf('absent')])
    expect((await touchedAt())!.getTime()).toBeGreaterThan(0)
  })
})

it('tells who claims content while it is deleted that it is gone', async () => {
  const { blobs } = await shelf('folder')
  const { digest } = await blobs.put(Buffer.from('claimed too late'))

  const claiming = await db.transaction().execute(async (tx) => {
    expect(await blobTouchStore(tx).lockUntouched([digest], soon())).toEqual([digest])
    const missing = blobs.claim([digest])
    await expect.poll(() => countWaiting()).toBe(1)
    await blobs.delete(digest)
    return { missing }
  })

  expect(await claiming.missing).toEqual([digest])
})

async function countWaiting(): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
  return rows[0]!.waiting
}

it('lets one server collect at a time', async () => {
  const { blobs, collect } = await shelf('folder')
  await blobs.put(Buffer.from('garbage'))
  const meanwhile: unknown[] = []

  await collect({
    ...options,
    since: soon(),
    report: async () => void meanwhile.push(await collect({ ...options, since: soon() })),
  })

  expect(new Set(meanwhile)).toEqual(new Set([undefined]))
})

it('keeps what an open transaction copies from a name that is gone', async () => {
  const { blobs, collect, name, forget, stored } = await shelf('folder')
  const { digest } = await blobs.put(Buffer.from('copied'))
  await name('old', digest)
  let collecting: ReturnType<typeof collect> | undefined
  await db.transaction().execute(async (tx) => {
    const { digest: read } = await tx
      .selectFrom('artifacts.file')
      .select('digest')
      .where('path', '=', 'old')
      .executeTakeFirstOrThrow()
    await forget('old')
    const phases: string[] = []
    const report = async (phase: string) => void phases.push(phase)
    collecting = collect({ ...options, since: soon(), report })
    await expect.poll(() => phases.slice(1)).toContain('marking')
    // One that does not wait for this transaction ends here.
    await Promise.race([collecting, delay(1000)])
    const row = { project_id: 'default', path: 'new', digest: read, size_bytes: 6, stored_at: new Date() }
    await tx.insertInto('artifacts.file').values(row).execute()
  })

  expect(await collecting).toMatchObject({ kept: { blobs: 1 }, freed: { blobs: 0 } })
  expect(await stored()).toEqual(new Set([digest]))
})

it('leaves alone what others have put beside the blobs', async () => {
  const { blobs, collect } = await shelf('folder')
  const { digest } = await blobs.put(Buffer.from('garbage'))
  const path = await blobs.localPath(digest)
  await writeFile(join(path, '..', '.DS_Store'), 'x')
  await writeFile(join(blobs.localFolder, 'sha256', '.DS_Store'), 'x')

  expect(await collect({ ...options, since: soon() })).toMatchObject({ stored: { blobs: 1 }, freed: { blobs: 1 } })
  expect(await readdir(join(path, '..'))).toEqual(['.DS_Store'])
})

it('goes on the next time when the store fails half-way, and nothing is deleted behind its back', async () => {
  const { blobs, stored } = await shelf('folder')
  for (let at = 0; at < 40; at++) await blobs.put(Buffer.from(`garbage ${at}`))
  let count = 0
  let isOver = false
  const failing: typeof blobs = {
    ...blobs,
    async delete(digest) {
      if (++count === 5) throw new Error('The bucket does not answer.')
      await delay(5)
      expect(isOver).toBe(false)
      await blobs.delete(digest)
    },
  }

  await expect(shelfOf(db, failing).collect({ ...options, since: soon() })).rejects.toThrow('does not answer')
  isOver = true
  const left = (await stored()).size
  await shelfOf(db, blobs).collect({ ...options, since: soon() })

  expect(left).toBeGreaterThan(0)
  expect((await stored()).size).toBe(0)
})

it('sweeps files that were begun and never ended, and leaves those under way', async () => {
  const { blobs, collect } = await shelf('folder')
  const incoming = join(blobs.localFolder, 'incoming')
  await blobs.put(Buffer.from('x'))
  await writeFile(join(incoming, 'dead'), 'half')
  await utimes(join(incoming, 'dead'), new Date(0), new Date(0))
  await writeFile(join(incoming, 'alive'), 'half')

  const dry = await collect({ dryRun: true, report: silently, since: new Date(Date.now() - 60_000) })
  const counts = await collect({ ...options, since: new Date(Date.now() - 60_000) })

  expect([dry!.unfinished, counts!.unfinished]).toEqual(Array(2).fill({ count: 1, sizeBytes: 4 }))
  expect(await readdir(incoming)).toEqual(['alive'])
})

describe.skipIf(!bucket)('uploads in parts that were never ended', () => {
  it('are swept by the time of their last part, below the prefix alone', async () => {
    const url = places['bucket']!()
    const { collect } = await openShelf(db, url, join(folder, `cache-${count}`))
    const client = new S3Client({ endpoint: bucket!.endpoint, forcePathStyle: true, region: 'us-east-1' })
    const begin = async (Key: string) => {
      const place = { Bucket: 'blobs', Key }
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(place))
      await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: 'half' }))
    }
    await begin(`gc-${count}/sha256/ab/cd/dead`)
    await begin('elsewhere/sha256/ab/cd/dead')

    const early = await collect({ ...options, since: new Date(Date.now() - 60_000) })
    const late = await collect({ ...options, since: soon() })

    expect(early!.unfinished).toEqual({ count: 0, sizeBytes: 0 })
    expect(late!.unfinished).toEqual({ count: 1, sizeBytes: 4 })
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'blobs' }))
    expect(Uploads.map(({ Key }) => Key)).toEqual(['elsewhere/sha256/ab/cd/dead'])
    client.destroy()
  })
})

it('leaves a sound store when it is killed half-way, and ends the work the next time', async () => {
  const url = places['folder']!()
  const { blobs, collect, name, stored } = await openShelf(db, url, folder)
  const kept: string[] = []
  for (let at = 0; at < 600; at++) {
    const { digest } = await blobs.put(Buffer.from(`content ${at}`))
    if (at % 3 > 0) continue
    kept.push(digest)
    await name(`kept/${at}`, digest)
  }
  const fixture = join(import.meta.dirname, 'dies-collecting.fixture.ts')
  const [, signal] = (await once(
    spawn(process.execPath, [fixture, database.url, url], { stdio: 'inherit' }),
    'exit',
  )) as [number, string]
  expect(signal).toBe('SIGKILL')

  const left = await stored()
  expect(left.size).toBeGreaterThan(kept.length)
  expect(left.size).toBeLessThan(600)
  expect(kept.filter((digest) => !left.has(digest))).toEqual([])
  await expect.poll(() => collect({ ...options, since: soon() })).toBeDefined()
  expect(await stored()).toEqual(new Set(kept))
})
