import { createClient } from '@evenkeel/client'
import { artifacts } from '@evenkeel/contract'
import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWorld, type World } from '../../testing.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.stop())

const client = () => createClient(artifacts, world.clientOptions())
const bytes = randomBytes(3_000_000)
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const absent = `sha256:${'0'.repeat(64)}`
const incoming = () => readdir(join(world.folder, 'blobs/incoming'))

it('stores bytes under their digest, by whichever door they come', async () => {
  const direct = await client().upload({ file: bytes, query: { digest } })
  const form = await client().uploadForm({ fields: { digest }, file: new Blob([bytes]), fileName: 'model.onnx' })
  const stream = await client().upload({ file: new Blob([bytes]).stream(), query: {} })

  expect(direct).toEqual({ digest, sizeBytes: bytes.length })
  expect(form).toEqual({ digest, sizeBytes: bytes.length, fileName: 'model.onnx' })
  expect(stream).toEqual(direct)
})

it('gives them back, whole or in ranges', async () => {
  const whole = await client().download({ params: { digest } })
  const part = await client().download({ params: { digest } }, { range: { start: 1_000_000, end: 2_499_999 } })
  const rest = await client().download({ params: { digest } }, { range: { start: 2_999_990 } })

  expect(whole).toMatchObject({ sizeBytes: bytes.length, digest, mediaType: 'application/octet-stream' })
  expect(Buffer.from(await whole.bytes()).equals(bytes)).toBe(true)
  expect(Buffer.from(await part.bytes()).equals(bytes.subarray(1_000_000, 2_500_000))).toBe(true)
  expect(Buffer.from(await rest.bytes()).equals(bytes.subarray(-10))).toBe(true)
})

it('refuses bytes that are not the announced ones, by either door', async () => {
  const refusal = { status: 422, code: 'platform.digest_mismatch', details: { expected: absent, actual: digest } }

  await expect(client().upload({ file: bytes, query: { digest: absent } })).rejects.toMatchObject(refusal)
  await expect(client().uploadForm({ file: bytes, fields: { digest: absent } })).rejects.toMatchObject(refusal)
  await expect(client().download({ params: { digest: absent } })).rejects.toMatchObject({
    status: 404,
    code: 'platform.blob_not_found',
  })
  expect(await incoming()).toEqual([])
})

it('keeps nothing of an upload that breaks off', async () => {
  const url = new URL('/api/v1/artifacts', world.url)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': '1000000' }
  const outgoing = httpRequest(url, { method: 'PUT', headers })
  outgoing.on('error', () => {})
  outgoing.write(bytes.subarray(0, 100_000))
  await expect.poll(incoming, { interval: 10 }).toHaveLength(1)

  outgoing.destroy()

  await expect.poll(incoming).toEqual([])
})

it('asks for the right to write', async () => {
  const viewer = createClient(artifacts, await world.asRole('viewer'))

  await expect(viewer.upload({ file: bytes, query: {} })).rejects.toMatchObject({ status: 403 })
  expect((await viewer.download({ params: { digest } })).sizeBytes).toBe(bytes.length)
})
