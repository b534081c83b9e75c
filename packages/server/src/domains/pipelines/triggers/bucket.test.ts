import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { createClient } from '@evenkeel/client'
import { secrets as secretEndpoints } from '@evenkeel/contract'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startBucket } from '../../../platform/blobs/s3/testing.ts'
import { whyNotBucket } from './bucket.ts'
import { listBucket } from './list-bucket.ts'
import { startTriggersWorld, type TriggersWorld } from './testing.ts'

const bucket = await startBucket('buckets that triggers watch')
afterAll(() => bucket?.stop())

const debounce = { quietSeconds: 30, maxWaitSeconds: 100 }
const sourceAt = (url: string) => ({ kind: 'bucket', url, pattern: '*', everySeconds: 60, debounce }) as const
const noSecrets = { valuesFor: async () => ({ value: 'id:key' }) }

describe.skipIf(!bucket)('a bucket', () => {
  let world: TriggersWorld
  let client: S3Client
  let pipeline: string
  let prefix: string
  let count = 0
  beforeAll(async () => {
    world = await startTriggersWorld({ environment: { EVENKEEL_BUCKET_PRIVATE_TARGETS: '1' } })
    client = new S3Client({ endpoint: bucket!.endpoint, forcePathStyle: true, region: 'us-east-1' })
    const secrets = createClient(secretEndpoints, world.clientOptions())
    await secrets.put({ params: { secret: 'DROP' }, body: { value: 'test:test' } })
    await secrets.put({ params: { secret: 'BAD' }, body: { value: 'no-colon-in-here' } })
  }, 60_000)
  afterAll(async () => {
    client.destroy()
    await world.stop()
  })
  beforeEach(async () => {
    prefix = `in/${++count}`
    pipeline = await world.havePipeline('true', { files: '' })
    world.outside.clock = new Date(Date.UTC(2026, 0, 1))
  })

  const write = (key: string, text = 'x') =>
    client.send(new PutObjectCommand({ Bucket: 'blobs', Key: `${prefix}/${key}`, Body: text }))
  const source = (more: object = {}) => ({ ...sourceAt(bucket!.url(prefix)), credentialsSecret: 'DROP', ...more })
  const put = (more: object = {}) =>
    world.putTrigger(pipeline, { on: source({ param: 'files', ...more }), whenBusy: 'queue' })

  /** So many seconds after the trigger was written: the bucket is looked at, then what is due is fired. */
  async function look(seconds: number): Promise<void> {
    world.outside.clock = new Date(Date.UTC(2026, 0, 1) + seconds * 1000)
    await world.runJob('pipelines.watch_buckets')
    await world.tick()
  }

  it('fires once for new objects when they are quiet, and not for what was there', async () => {
    await write('old.csv')
    await put({ pattern: '*.csv' })
    await write('b.csv', '12345')
    await write('a.csv')
    await write('c.txt')
    await write('.d.csv')
    await write('below/e.csv')

    await look(59)
    expect(await world.firings(pipeline)).toEqual([])
    await look(61)
    await Promise.all([look(91), look(91)])
    await look(200)

    const [firing, ...others] = await world.firings(pipeline)
    expect(others).toEqual([])
    expect(firing).toMatchObject({
      kind: 'bucket',
      outcome: 'started',
      evidence: {
        bucket: `s3://blobs/${prefix}/`,
        count: 2,
        files: [
          { path: 'a.csv', sizeBytes: 1 },
          { path: 'b.csv', sizeBytes: 5 },
        ],
      },
    })
    expect(await world.until(firing!.runId!)).toMatchObject({
      params: { files: [`s3://blobs/${prefix}/a.csv`, `s3://blobs/${prefix}/b.csv`] },
      trigger: { kind: 'bucket', says: expect.stringContaining('2 objects, "a.csv" to "b.csv", came into') },
    })
  })

  it('goes by the content: the same put again is no news, another of the same size is', async () => {
    await write('a.csv', 'one')
    await put()
    await write('a.csv', 'one')
    for (const second of [60, 120, 180]) await look(second)
    expect(await world.firings(pipeline)).toEqual([])

    await write('a.csv', 'two')
    for (const second of [240, 270, 300]) await look(second)
    await write('a.csv', 'one')
    for (const second of [360, 390, 420]) await look(second)

    const found = await world.firings(pipeline)
    expect(found.map(({ evidence }) => evidence['count'])).toEqual([1, 1])
    for (const { runId } of found) if (runId !== null) await world.until(runId)
  })

  it('is listed page by page, and gives a run at most 1,000 addresses, the rest to the next', async () => {
    await put({ pattern: '**/*.csv' })
    const keys = Array.from({ length: 1101 }, (_, at) => `day/${`${at}`.padStart(4, '0')}.csv`)
    for (let at = 0; at < keys.length; at += 50) await Promise.all(keys.slice(at, at + 50).map((key) => write(key)))

    for (const second of [60, 91, 122, 153]) await look(second)

    const found = await world.firings(pipeline)
    expect(found.map(({ evidence }) => evidence['count'])).toEqual([1000, 101])
    for (const { runId } of found) if (runId !== null) await world.until(runId)
  }, 60_000)

  it('tells once that it cannot be looked at, shows it as the state of the trigger, and goes on when it is back', async () => {
    await put()
    const secrets = createClient(secretEndpoints, world.clientOptions())
    await write('a.csv')
    await secrets.remove({ params: { secret: 'DROP' } })
    await look(60)
    await look(120)
    expect(await world.firings(pipeline)).toMatchObject([
      { outcome: 'skipped', says: expect.stringContaining('could not be looked at. The project has no secret "DROP"') },
    ])
    expect((await world.triggers.list()).items[0]!.problem).toContain('no secret "DROP"')

    await secrets.put({ params: { secret: 'DROP' }, body: { value: 'test:test' } })
    await look(180)
    expect((await world.triggers.list()).items[0]!.problem).toBeNull()
    await look(211)

    const [, firing] = await world.firings(pipeline)
    expect(firing).toMatchObject({ outcome: 'started', evidence: { count: 1 } })
    await world.until(firing!.runId!)
  })

  it('is forgotten object by object, and says before what the next look would see', async () => {
    await write('gone.csv')
    await put()
    const test = () => world.triggers.test({ params: { pipeline, trigger: 'it' } })
    expect((await test()).says).toContain('of the 1 there, none is new')
    await client.send(new DeleteObjectCommand({ Bucket: 'blobs', Key: `${prefix}/gone.csv` }))
    await write('a.csv')

    expect((await test()).says).toBe(`New or changed in "s3://blobs/${prefix}/": "a.csv".`)
    expect(await world.firings(pipeline)).toEqual([])
  })

  it.each<[string, { bucket?: string; [key: string]: unknown }, string]>([
    ['a bucket that is not there', { bucket: 'nowhere' }, 'There is no bucket "nowhere".'],
    ['keys that are none', { credentialsSecret: 'BAD' }, 'must hold ACCESS_KEY_ID:SECRET_ACCESS_KEY'],
    ['a secret that is not there', { credentialsSecret: 'NONE' }, 'has no secret "NONE"'],
    ['keys in the URL', { url: 's3://id:key@blobs/x' }, 'it holds a password'],
    ['another kind of URL', { url: 'https://blobs/x' }, 'names no bucket'],
    ['a wait that is too short', { debounce: { quietSeconds: 30, maxWaitSeconds: 10 } }, 'must not be shorter'],
  ])('is refused with %s', async (_, { bucket: name, ...more }, says) => {
    const elsewhere = name === undefined ? {} : { url: bucket!.url(prefix, name) }

    await expect(put({ ...more, ...elsewhere })).rejects.toMatchObject({
      code: 'pipelines.trigger_invalid',
      why: expect.stringContaining(says),
    })
  })

  it('that lets nobody in without the right keys says so, and nothing of them', async () => {
    const open = await listBucket({ privateBuckets: true, secrets: noSecrets }, 'default', sourceAt(bucket!.url('in')))
    expect(open).toEqual([])
    await fetch(`${bucket!.endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' })

    const secrets = { valuesFor: async () => ({ value: 'AKIAWRONG:hidden-key' }) }
    const refused = listBucket({ privateBuckets: true, secrets }, 'default', source())

    await expect(refused).rejects.toThrow(/The store refuses the keys in "DROP" \(InvalidAccessKeyId\); they need/)
    await expect(refused).rejects.not.toThrow('hidden-key')
  })
})

describe('an endpoint', () => {
  const at = (endpoint: string) => sourceAt(`s3://b?endpoint=${encodeURIComponent(endpoint)}`)
  const closed = { privateBuckets: false, secrets: noSecrets }

  it.each([
    'http://127.0.0.1:9000',
    'http://localhost:9000',
    'http://169.254.169.254',
    'http://[::1]:9000',
    'http://0x7f.1',
  ])('%s is refused without the setting', (endpoint) => {
    expect(whyNotBucket(at(endpoint), closed)).toContain('EVENKEEL_BUCKET_PRIVATE_TARGETS=1')
    expect(whyNotBucket(at(endpoint), { privateBuckets: true })).toBeUndefined()
    expect(whyNotBucket(at('https://minio.example.org'), closed)).toBeUndefined()
  })

  it('whose name leads to this machine is not asked', async () => {
    let asked = 0
    const server = createServer((_, answer) => void answer.end(`${++asked}`)).listen(0)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo

    const listing = listBucket(closed, 'default', at(`http://${hostname()}:${port}`))

    await expect(listing).rejects.toThrow(/in a private network.*EVENKEEL_BUCKET_PRIVATE_TARGETS/)
    expect(asked).toBe(0)
    server.close()
  })

  it('that is no store, or not there, is named so', async () => {
    const server = createServer((_, answer) => void answer.end('<html>Welcome</html>')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const listing = () => listBucket({ ...closed, privateBuckets: true }, 'default', at(`http://127.0.0.1:${port}`))

    await expect(listing()).rejects.toThrow('no store that speaks S3')
    await new Promise((stopped) => server.close(stopped))
    await expect(listing()).rejects.toThrow('cannot be reached (ECONNREFUSED)')
  })
})
