import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Face, startFace } from './testing.ts'
import { at, batchOf, hex, infoOf, send, sendSpans, v3, value } from './testing-spans.ts'

let face: Face
beforeAll(async () => {
  face = await startFace()
  await face.call('GET', 'experiments/get', { experiment_id: '0' })
})
afterAll(() => face.world.stop())

describe('spans of any client of OpenTelemetry', () => {
  it('make a trace, with its times, state, texts, tokens and tags', async () => {
    const trace = hex(16)
    const root = hex(8)
    const usage = { key: 'mlflow.chat.tokenUsage', value: value('{"input_tokens": 7, "output_tokens": 2}') }
    expect(
      await sendSpans(face, { trace, parent: root, name: 'llm', from: 20, to: 60, attributes: [usage] }),
    ).toMatchObject({
      status: 200,
      text: '{}',
    })
    expect(await infoOf(face, trace)).toMatchObject({ state: 'IN_PROGRESS', execution_duration: '0.04s' })
    await sendSpans(face, {
      trace,
      id: root,
      from: 10,
      to: 90,
      error: true,
      attributes: [
        { key: 'mlflow.spanInputs', value: value('late?') },
        { key: 'session.id', value: value('s-1') },
        { key: 'mlflow.traceTag.team', value: value('ops') },
      ],
    })

    expect(await infoOf(face, trace)).toMatchObject({
      trace_id: `tr-${trace}`,
      state: 'ERROR',
      request_time: new Date(1_763_800_000_010).toISOString(),
      execution_duration: '0.08s',
      request_preview: 'late?',
      tags: {
        team: 'ops',
        'service.name': 'late-api',
        'mlflow.trace.spansLocation': 'TRACKING_STORE',
        'mlflow.artifactLocation': `mlflow-artifacts:/0/traces/tr-${trace}/artifacts`,
      },
      trace_metadata: {
        'mlflow.trace.session': 's-1',
        'mlflow.trace.tokenUsage': '{"input_tokens":7,"output_tokens":2}',
      },
    })
    const { body } = await face.call('GET', v3('/get'), { trace_id: `tr-${trace}` })
    expect(body.trace.spans.map(({ name }: { name: string }) => name)).toEqual(['step', 'llm'])
    expect(body.trace.spans[0]).toMatchObject({
      trace_id: Buffer.from(trace, 'hex').toString('base64'),
      span_id: Buffer.from(root, 'hex').toString('base64'),
      start_time_unix_nano: at(10),
      status: { code: 'STATUS_CODE_ERROR' },
    })
  })

  it('are kept once when a batch comes twice, and as they came last', async () => {
    const trace = hex(16)
    const id = hex(8)
    await Promise.all([sendSpans(face, { trace, id, to: 5 }), sendSpans(face, { trace, id, to: 5 })])
    await sendSpans(face, { trace, id, to: 50, name: 'ended' })

    const { body } = await face.call('GET', v3('/get'), { trace_id: `tr-${trace}` })
    expect(body.trace.spans).toMatchObject([{ name: 'ended', end_time_unix_nano: at(50) }])
    expect(await sizesOf(trace)).toEqual(await countedSizes(trace))
  })

  it('of the same traces are taken from many writers at once, with none lost', async () => {
    const traces = [hex(16), hex(16), hex(16)]
    const batches = Array.from({ length: 12 }, (_, number) =>
      sendSpans(face, ...(number % 2 ? traces : traces.toReversed()).map((trace) => ({ trace, name: `n${number}` }))),
    )
    expect((await Promise.all(batches)).map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200))
    for (const trace of traces) {
      expect(await sizesOf(trace)).toMatchObject({ span_count: 12 })
      expect(await sizesOf(trace)).toEqual(await countedSizes(trace))
    }
  })

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
  ])('may be compressed: %s', async (encoding, compress) => {
    const trace = hex(16)
    const body = compress(JSON.stringify(batchOf([{ trace }])))
    expect(await send(face, body, { 'content-encoding': encoding })).toMatchObject({ status: 200 })
    expect(await infoOf(face, trace)).toMatchObject({ state: 'OK' })
  })

  it('hold any text: what no database could keep is replaced', async () => {
    const trace = hex(16)
    await sendSpans(face, {
      trace,
      name: 'a\0b',
      attributes: [{ key: 'mlflow.spanInputs', value: value('\ud800 ✈ \0') }],
    })
    const { body } = await face.call('GET', v3('/get'), { trace_id: `tr-${trace}` })
    expect(body.trace.spans[0].name).toBe('a\uFFFDb')
    expect(body.trace.trace_info.request_preview).toBe('\uFFFD ✈ \uFFFD')
  })

  it('are refused with the reason, and nothing of the batch is kept', async () => {
    const good = hex(16)
    const json = (body: unknown) => JSON.stringify(body)
    const cases: [number, RegExp, Promise<{ status: number; text: string }>][] = [
      [422, /id of 3 bytes/, sendSpans(face, { trace: good }, { trace: '010203' })],
      [422, /zeros/, sendSpans(face, { trace: good }, { trace: '0'.repeat(32) })],
      [400, /no spans found/, send(face, json({ resourceSpans: [] }))],
      [400, /not written in hex/, send(face, json(batchOf([{ trace: 'nothex' }])))],
      [400, /Invalid OpenTelemetry format/, send(face, '{')],
      [400, /Invalid Content-Type/, send(face, json(batchOf([{ trace: good }])), { 'content-type': 'text/plain' })],
      [400, /x-mlflow-experiment-id/, send(face, json(batchOf([{ trace: good }])), { 'x-mlflow-experiment-id': '' })],
      [400, /Failed to decompress gzip/, send(face, 'no gzip', { 'content-encoding': 'gzip' })],
      [400, /Unsupported Content-Encoding/, send(face, 'x', { 'content-encoding': 'br' })],
      [413, /./, send(face, gzipSync(Buffer.alloc(80 * 1024 ** 2)), { 'content-encoding': 'gzip' })],
      [404, /./, send(face, json(batchOf([{ trace: good }])), { 'x-mlflow-experiment-id': '4711' })],
      [400, /Invalid OpenTelemetry format/, send(face, '\xff\xff', { 'content-type': 'application/x-protobuf' })],
    ]
    for (const [status, says, sent] of cases) {
      const answer = await sent
      expect(answer).toMatchObject({ status, text: expect.stringMatching(says) })
      expect(JSON.parse(answer.text)).toMatchObject({ code: expect.any(Number), message: expect.any(String) })
    }
    expect((await face.call('GET', v3(`/tr-${good}`))).status).toBe(404)
  })

  it('say no more of their program than a trace holds', async () => {
    const trace = hex(16)
    const key = (from: number) => Array.from({ length: 400 }, (_, at) => `mlflow.traceTag.k${from + at}`)
    for (const from of [0, 400]) {
      await sendSpans(face, { trace, attributes: key(from).map((name) => ({ key: name, value: value('v') })) })
    }
    expect(Object.keys((await infoOf(face, trace)).tags)).toHaveLength(250)
  })

  it('are refused past what a trace holds', async () => {
    const trace = hex(16)
    const spans = (count: number) => sendSpans(face, ...Array.from({ length: count }, () => ({ trace })))
    expect((await spans(20_000)).status).toBe(200)
    expect(await spans(1)).toMatchObject({ status: 422, text: expect.stringContaining('20001 spans') })
    expect(await sizesOf(trace)).toMatchObject({ span_count: 20_000 })
  })
})

async function sizesOf(trace: string) {
  const { rows } = await sql`select span_count, span_bytes from traces.trace where trace_id = ${`tr-${trace}`}`.execute(
    face.world.platform.db,
  )
  return rows[0]
}

async function countedSizes(trace: string) {
  const { rows } = await sql`select count(*)::int as span_count, sum(size_bytes)::bigint as span_bytes
    from traces.span join traces.trace using (trace_number) where trace_id = ${`tr-${trace}`}`.execute(
    face.world.platform.db,
  )
  return rows[0]
}
