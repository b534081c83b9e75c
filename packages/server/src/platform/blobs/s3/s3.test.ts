import { ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { artifacts } from '@evenkeel/contract'
import { createClient } from '@evenkeel/client'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startWorld } from '../../../testing.ts'
import { openBlobStore } from '../kinds.ts'
import { readAddress } from './address.ts'
import { startBucket } from './testing.ts'

const bucket = await startBucket()
const folder = await mkdtemp(join(tmpdir(), 'evenkeel-s3-'))
afterAll(async () => {
  await bucket?.stop()
  await rm(folder, { recursive: true, force: true })
})

const storeAt = (url: string, { name = 'cache', limitBytes = 1024 ** 3 } = {}) =>
  openBlobStore(url, { cacheFolder: join(folder, name), cacheLimitBytes: limitBytes, touch: async () => {} })
const absent = `sha256:${'0'.repeat(64)}`

describe.skipIf(!bucket)('blobs in a bucket', () => {
  it('are found by another server, whose disk is empty', async () => {
    const { digest } = await (await storeAt(bucket!.url('shared'))).put(Buffer.from('trained here'))
    const other = await storeAt(bucket!.url('shared'), { name: 'other' })

    expect((await other.bytes(digest)).toString()).toBe('trained here')
    expect(await readFile(await other.localPath(digest), 'utf8')).toBe('trained here')
  })

  it('of one prefix are not those of another', async () => {
    const { digest } = await (await storeAt(bucket!.url('one'))).put(Buffer.from('of one'))
    const two = await storeAt(bucket!.url('two'))

    expect(await two.has(digest)).toBe(false)
    expect(await Array.fromAsync(two.list())).toEqual([])
    await expect(two.localPath(digest)).rejects.toMatchObject({ code: 'platform.blob_not_found' })
  })

  it('are sent once, and no part of an upload is left', async () => {
    const store = await storeAt(bucket!.url('parts'))
    const large = Buffer.alloc(33 * 1024 ** 2, 'abc')

    await store.put(large)
    const [before] = await objects('parts')
    await store.put(large)

    expect(await objects('parts')).toEqual([before])
    expect(await uploads()).toEqual([])
  })

  it('come back whole when their copy here is damaged', async () => {
    const store = await storeAt(bucket!.url('damaged'))
    const { digest } = await store.put(Buffer.from('as it was'))
    const path = await store.localPath(digest)
    await chmod(path, 0o644)
    await writeFile(path, 'overwritten')

    const read = (await store.bytes(digest)).toString()
    await store.dropLocal(digest)

    expect(read).toBe('as it was')
    expect(await readFile(await store.localPath(digest), 'utf8')).toBe('as it was')
  })

  it('leave this disk when they were not used for long, and more than the limit lie there', async () => {
    const store = await storeAt(bucket!.url('limited'), { name: 'limited', limitBytes: 1000 })
    const { digest: old } = await store.put(Buffer.alloc(600, 'a'))
    const { digest: used } = await store.put(Buffer.alloc(300, 'b'))
    const dayAgo = new Date(Date.now() - 86_400_000)
    for (const digest of [old, used]) {
      const path = await store.localPath(digest)
      await utimes(path, digest === old ? dayAgo : new Date(), (await stat(path)).mtime)
    }

    await store.put(Buffer.alloc(500, 'c'))

    const kept = (await readdir(join(folder, 'limited/sha256'), { recursive: true })).join()
    expect(kept).not.toContain(old.slice(7))
    expect(kept).toContain(used.slice(7))
    expect(await store.bytes(old)).toHaveLength(600)
  })

  it('say who does not answer: no bucket, no server', async () => {
    const unavailable = { code: 'platform.blobs_unavailable', status: 503 }
    const noBucket = await storeAt(bucket!.url('x', 'not-there'))
    const nobody = await storeAt('s3://blobs/x?endpoint=http://127.0.0.1:1')

    await expect(noBucket.put(Buffer.from('lost'))).rejects.toMatchObject(unavailable)
    await expect(nobody.stat(absent)).rejects.toMatchObject(unavailable)
  })

  it('carry a whole server: what is uploaded comes back, and names find it', async () => {
    const world = await startWorld({ environment: { EVENKEEL_BLOB_URL: bucket!.url('world') } })
    try {
      const api = createClient(artifacts, world.clientOptions())
      await api.putFile({ query: { path: 'a/b.txt' }, file: Buffer.from('0123456789') })

      const part = await api.readFile({ query: { path: 'a/b.txt' } }, { range: { start: 2, end: 4 } })

      expect(Buffer.from(await part.bytes()).toString()).toBe('234')
      expect(await objects('world')).toHaveLength(2)
    } finally {
      await world.stop()
    }
  })
})

describe('the address of a bucket', () => {
  it('names bucket, prefix, endpoint and region', () => {
    const url = new URL('s3://models/team%20a/x/?endpoint=https://minio.example.org:9000&region=eu-1')

    const endpoint = 'https://minio.example.org:9000'
    expect(readAddress(url, 'It')).toEqual({ bucket: 'models', prefix: 'team a/x/', endpoint, region: 'eu-1' })
    expect(readAddress(new URL('s3://models'), 'It')).toMatchObject({ prefix: '', endpoint: undefined })
  })

  it.each(['s3://key:secret@models', 's3:///x', 's3://models?endpont=http://a', 's3://models?endpoint=minio:9000'])(
    'is refused as %s',
    (url) => {
      expect(() => readAddress(new URL(url), 'EVENKEEL_BLOB_URL')).toThrow('EVENKEEL_BLOB_URL')
    },
  )
})

const client = () => new S3Client({ endpoint: bucket!.endpoint, forcePathStyle: true, region: 'us-east-1' })

async function objects(prefix: string) {
  const { Contents = [] } = await client().send(new ListObjectsV2Command({ Bucket: 'blobs', Prefix: `${prefix}/` }))
  return Contents.map(({ Key, LastModified }) => [Key, LastModified])
}

async function uploads() {
  const { Uploads = [] } = await client().send(new ListMultipartUploadsCommand({ Bucket: 'blobs' }))
  return Uploads
}
