import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { giveAway } from '../given-away.ts'
import type { BlobStore } from './blob-store.ts'
import { blobStoreKinds, openBlobStore } from './kinds.ts'
import { startBucket } from './s3/testing.ts'

const folder = await mkdtemp(join(tmpdir(), 'evenkeel-blobs-'))
const bucket = await startBucket()
afterAll(async () => {
  await bucket?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A store of each kind on the machine that runs the test; a bucket where there is a server for one. */
const places: Readonly<Record<string, string | undefined>> = {
  'file:': pathToFileURL(join(folder, 'a b')).href,
  's3:': bucket && bucket.url('a b/models'),
}
const space = { cacheFolder: join(folder, 'cache'), cacheLimitBytes: 1024 ** 3, touch: async () => {} }

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 31) % 256))
const absent = `sha256:${'0'.repeat(64)}`

async function* broken(): AsyncGenerator<Buffer> {
  yield bytes
  throw new Error('The line went dead.')
}

const isHere = (protocol: string) => places[protocol] !== undefined

it('knows a place for every kind', () => {
  expect(Object.keys(places)).toEqual(Object.keys(blobStoreKinds))
})

describe.each(Object.keys(blobStoreKinds).filter(isHere))('blobs in %s', (protocol) => {
  let store: BlobStore
  beforeAll(async () => {
    store = await openBlobStore(places[protocol]!, space)
  })

  async function listed(): Promise<string[]> {
    const digests: string[] = []
    for await (const { digest } of store.list()) digests.push(digest)
    return digests.toSorted()
  }

  it('gives back what was put in, under its sha256', async () => {
    const stored = await store.put(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]))

    expect(stored).toEqual({ digest: digestOf(bytes), sizeBytes: bytes.length })
    expect(await store.stat(stored.digest)).toEqual(stored)
    expect(await buffer(store.open(stored.digest))).toEqual(bytes)
    expect(await store.bytes(stored.digest)).toEqual(bytes)
    expect(await listed()).toContain(stored.digest)
  })

  it('keeps the same bytes once, also when they come at the same time', async () => {
    const before = await listed()
    const copies = await Promise.all(Array.from({ length: 8 }, () => store.put(Buffer.from('the same'))))

    expect(new Set(copies.map(({ digest }) => digest)).size).toBe(1)
    expect(await listed()).toHaveLength(before.length + 1)
  })

  it('takes pieces of every size, none and one byte too', async () => {
    const pieces = Array.from({ length: 5000 }, (_, at) => bytes.subarray(at, at + (at % 3)))
    const large = [bytes, Buffer.alloc(0), Buffer.alloc(40 * 1024 ** 2, 7)]
    const whole = Buffer.concat([...pieces, ...large])

    const stored = await store.put(Readable.from([...pieces, ...large]))

    expect(stored).toEqual({ digest: digestOf(whole), sizeBytes: whole.length })
    expect(digestOf(await store.bytes(stored.digest))).toBe(stored.digest)
    await store.delete(stored.digest)
  })

  it('holds the empty blob', async () => {
    const { digest } = await store.put(new Uint8Array())

    expect(await buffer(store.open(digest))).toEqual(Buffer.alloc(0))
  })

  it('reads one range', async () => {
    const { digest } = await store.put(bytes)

    expect(await buffer(store.open(digest, { start: 10, end: 19 }))).toEqual(bytes.subarray(10, 20))
  })

  it('refuses bytes that are not the announced ones, and keeps nothing of them', async () => {
    const before = await listed()

    const refusal = store.put(Buffer.from('other bytes'), { digest: absent })

    await expect(refusal).rejects.toMatchObject({ code: 'platform.digest_mismatch', status: 422 })
    expect(await listed()).toEqual(before)
  })

  it('keeps nothing of a source that breaks off', async () => {
    const before = await listed()

    await expect(store.put(Readable.from(broken()))).rejects.toThrow('The line went dead.')

    expect(await listed()).toEqual(before)
  })

  it('says that a blob is not there', async () => {
    const missing = { code: 'platform.blob_not_found', status: 404 }

    expect(await store.has(absent)).toBe(false)
    await expect(store.stat(absent)).rejects.toMatchObject(missing)
    await expect(store.bytes(absent)).rejects.toMatchObject(missing)
    await expect(store.localPath(absent)).rejects.toMatchObject(missing)
    await expect(buffer(store.open(absent))).rejects.toMatchObject(missing)
  })

  it('deletes, also what is not there', async () => {
    const { digest } = await store.put(Buffer.from('short lived'))

    await store.delete(digest)
    await store.delete(digest)

    expect(await store.has(digest)).toBe(false)
  })

  it('hands out a read-only file for other programs, below its local folder', async () => {
    const { digest } = await store.put(bytes)

    const path = await store.localPath(digest)

    expect(await readFile(path)).toEqual(bytes)
    expect((await stat(path)).mode & 0o777).toBe(0o444)
    expect(path.startsWith(store.localFolder)).toBe(true)
  })

  it('keeps large content whole, and reads ranges of it', async () => {
    const large = Buffer.alloc(40 * 1024 ** 2 + 7, bytes)

    const { digest, sizeBytes } = await store.put(Readable.from([large]))

    expect([digest, sizeBytes]).toEqual([digestOf(large), large.length])
    expect(digestOf(await store.bytes(digest))).toBe(digest)
    const [start, end] = [16 * 1024 ** 2 - 5, 16 * 1024 ** 2 + 5]
    expect(await buffer(store.open(digest, { start, end }))).toEqual(large.subarray(start, end + 1))
  })

  it.each(['sha256:../../etc/passwd', 'md5:abc', digestOf(bytes).toUpperCase(), `${absent}0`])(
    'takes no %s for a digest',
    async (digest) => {
      await expect(store.stat(digest)).rejects.toThrow(RangeError)
    },
  )
})

describe('blobs in a folder', () => {
  it('are read-only files, and nothing half-written lies beside them', async () => {
    const store = await openBlobStore(places['file:']!, space)
    const { digest } = await store.put(Buffer.from('for ever'))
    await store.put(Readable.from(broken())).catch(() => {})

    const { mode } = await stat(await store.localPath(digest))

    expect(mode & 0o777).toBe(0o444)
    expect(await readdir(join(folder, 'a b/incoming'))).toEqual([])
  })

  it('give the memory of chunks back that nobody else has, and of no others', async () => {
    const store = await openBlobStore(places['file:']!, space)
    const given = [Buffer.alloc(3 * 1024 ** 2, 1), Buffer.alloc(0), Buffer.alloc(9, 2), bytes.subarray(5)]
    const kept = Buffer.alloc(3 * 1024 ** 2, 3)
    const whole = Buffer.concat(given)

    const { digest } = await store.put(giveAway(Readable.from(given)))
    await store.put(Readable.from([kept]))

    expect([digest, digestOf(await store.bytes(digest))]).toEqual([digestOf(whole), digestOf(whole)])
    expect(given.map(({ length }) => length)).toEqual([0, 0, 0, bytes.length - 5])
    expect(kept.equals(Buffer.alloc(3 * 1024 ** 2, 3))).toBe(true)
  })

  it('are not there when a stream that is given away breaks off, or is another one', async () => {
    const store = await openBlobStore(places['file:']!, space)
    async function* pieces(isWhole: boolean): AsyncGenerator<Buffer> {
      for (let at = 0; at < 5; at++) yield Buffer.alloc(1024 ** 2, at)
      if (!isWhole) throw new Error('The line went dead.')
    }

    const brokenOff = store.put(giveAway(Readable.from(pieces(false))))
    await expect(brokenOff).rejects.toThrow('The line went dead.')
    const other = store.put(giveAway(Readable.from(pieces(true))), { digest: absent })
    await expect(other).rejects.toMatchObject({ code: 'platform.digest_mismatch' })

    expect(await readdir(join(folder, 'a b/incoming'))).toEqual([])
  })

  it.skipIf(process.platform !== 'linux')('say what to do when the disk is full', async () => {
    const store = await openBlobStore(places['file:']!, space)
    const full: unknown = await writeFile('/dev/full', bytes).catch((error: unknown) => error)
    async function* onFullDisk(): AsyncGenerator<Buffer> {
      yield bytes
      throw full
    }

    await expect(store.put(Readable.from(onFullDisk()))).rejects.toMatchObject({
      code: 'platform.disk_full',
      status: 503,
    })
    expect(await readdir(join(folder, 'a b/incoming'))).toEqual([])
  })
})

it('names the places it knows when it is sent elsewhere', async () => {
  await expect(openBlobStore('gs://bucket/models', space)).rejects.toThrow('file://…, s3://…')
  await expect(openBlobStore('blobs', space)).rejects.toThrow('EVENKEEL_BLOB_URL')
})
