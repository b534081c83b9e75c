import { rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { OipResponse } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { InferenceNode } from '../node.ts'
import { artifact, endpoint, isServing, makeFolder, row, startTestNode, stateOf } from '../testing-node.ts'
import { identity, sum } from '../testing-onnx.ts'
import { ControlPlane } from '../testing.ts'
import { send as sendTo } from './testing.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

let plane: ControlPlane
let node: InferenceNode
let folder: string

beforeAll(async () => {
  plane = await ControlPlane.start()
  const artifacts = [
    artifact(1, plane.store(identity('float32'))),
    artifact(1, plane.store(sum(['a', 'b'], 1)), { model: 'a_b' }),
  ]
  plane.publish(stateOf(1, [endpoint('m'), endpoint('a_b', { model: 'a_b' })], artifacts))
  folder = await makeFolder()
  node = await startTestNode(plane, folder)
  await isServing(plane, 1)
})
afterAll(async () => {
  await node.stop()
  await plane.stop()
  await rm(folder, { recursive: true })
})

const get = (path: string) => fetch(`${node.url}${path}`)
const send = (path: string, headers: Record<string, string>, body: Buffer) =>
  sendTo(`${node.url}${path}`, headers, body)

it('refuses an unknown encoding with 415, a broken body with 400, and what unpacks to too much with 413', async () => {
  const bomb = gzipSync(Buffer.alloc(65 * 1024 ** 2))

  expect((await send('/v2/models/m/infer', { 'content-encoding': 'br' }, Buffer.from('x'))).status).toBe(415)
  expect((await send('/v2/models/m/infer', { 'content-encoding': 'gzip' }, Buffer.from('x'))).status).toBe(400)
  expect((await send('/v2/models/m/infer', { 'content-encoding': 'gzip' }, bomb)).status).toBe(413)
})

it.each([
  ['announced', { 'content-length': String(100 * 1024 ** 2) }],
  ['in chunks', { 'transfer-encoding': 'chunked' }],
])('answers 100 MB, %s, with 413 and does not read it all', async (_, headers) => {
  const { status, text: said, sentBytes } = await upload(headers, 100 * 1024 ** 2)

  expect(status).toBe(413)
  expect(said).toMatch(/larger than 67108864 bytes/)
  expect(sentBytes).toBeLessThan(90 * 1024 ** 2)
})

/** Sends zeros until the server answers or hangs up. */
function upload(
  headers: Record<string, string>,
  bytes: number,
): Promise<{ status: number; text: string; sentBytes: number }> {
  return new Promise((resolve, reject) => {
    let sentBytes = 0
    const request = httpRequest(`${node.url}/v2/models/m/infer`, { method: 'POST', headers }, (response) => {
      let said = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
      response.on('end', () => {
        resolve({ status: response.statusCode!, text: said, sentBytes })
        request.destroy()
      })
    })
    request.on('error', reject)
    const piece = Buffer.alloc(1024 ** 2)
    const more = () => {
      while (sentBytes < bytes && !request.destroyed) {
        sentBytes += piece.length
        if (!request.write(piece)) return void request.once('drain', more)
      }
      request.end()
    }
    more()
  })
}

it('tells a caller that waits for "100 Continue" at once', async () => {
  const socket = connect(Number(new URL(node.url).port), '127.0.0.1')
  socket.write(
    `POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${100 * 1024 ** 2}\r\n\r\n`,
  )

  const [first] = await new Promise<Buffer[]>((resolve) => socket.once('data', (chunk) => resolve([chunk])))

  expect(first!.toString()).toMatch(/^HTTP\/1.1 413 /)
  socket.destroy()
})

it('answers pipelined requests in their order, and what comes in one moment in one run', async () => {
  const before = await runsOf('a_b')
  const values = Array.from({ length: 40 }, (_, i) => i)
  const socket = connect(Number(new URL(node.url).port), '127.0.0.1')
  const requests = values.map((value) => {
    const body = row({ a: value, b: 0 })
    return `POST /v2/models/a_b/infer HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  })
  let said = ''
  socket.on('data', (chunk: Buffer) => (said += chunk.toString()))
  socket.write(requests.join(''))

  await expect.poll(() => [...said.matchAll(/"data":\[(\d+)\]/g)].map(([, value]) => Number(value) - 1)).toEqual(values)
  socket.destroy()
  const after = await runsOf('a_b')
  expect(after.inference_count - before.inference_count).toBe(40)
  expect(after.execution_count - before.execution_count).toBeLessThan(10)
})

async function runsOf(model: string): Promise<{ inference_count: number; execution_count: number }> {
  const { model_stats } = (await (await get(`/v2/models/${model}/stats`)).json()) as {
    model_stats: { inference_count: number; execution_count: number }[]
  }
  return model_stats[0]!
}

it('survives a caller that hangs up in the middle of its body', async () => {
  const socket = connect(Number(new URL(node.url).port), '127.0.0.1')
  socket.write('POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"inputs"')
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.destroy()

  expect((await get('/v2/health/ready')).status).toBe(200)
})

it('packs a large answer as the caller likes', async () => {
  const rows = 5000
  const body = JSON.stringify({
    inputs: [{ name: 'X', shape: [rows, 2], datatype: 'FP32', data: Array(rows * 2).fill(0.5) }],
  })

  const answer = await send('/v2/models/m/infer', { 'accept-encoding': 'deflate, gzip' }, Buffer.from(body))

  expect(answer.headers['content-encoding']).toBe('gzip')
  expect(OipResponse.parse(JSON.parse(gunzipSync(answer.body).toString())).outputs[0]!.data).toHaveLength(rows * 2)
})

it('renders metrics in both text formats', async () => {
  const plain = await (await get('/metrics')).text()
  const open = await fetch(`${node.url}/metrics`, { headers: { accept: 'application/openmetrics-text' } })

  expect(plain).toMatch(
    /# TYPE evenkeel_predictions_total counter\n(.*\n)*evenkeel_predictions_total\{deployment="m",version="1",variant="primary",code="200"\} \d+/,
  )
  expect(plain).toContain('evenkeel_traffic_weight{deployment="m",version="1",variant="primary"} 1')
  expect(open.headers.get('content-type')).toContain('application/openmetrics-text; version=1.0.0')
  expect(await open.text()).toMatch(/# TYPE evenkeel_predictions counter\n(.*\n)*# EOF\n$/)
})

it('asks callers for the token that it was given, but not for its health', async () => {
  const token = 'a-token-of-some-length'
  const guarded = await startTestNode(plane, join(folder, 'guarded'), { EVENKEEL_INFERENCE_TOKEN: token })
  const models = (headers: Record<string, string>) => fetch(`${guarded.url}/v2/models`, { headers })

  expect((await models({})).status).toBe(401)
  expect((await models({ authorization: 'Bearer something-else-entirely' })).status).toBe(401)
  expect((await models({ authorization: `Bearer ${token}` })).status).toBe(200)
  expect((await fetch(`${guarded.url}/healthz`)).status).toBe(200)
  await guarded.stop()
})
