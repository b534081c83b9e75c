import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Face, startFace } from './testing.ts'
import { batchOf, hex, infoOf, send, sendSpans, v3, value } from './testing-spans.ts'

let face: Face
beforeAll(async () => {
  face = await startFace()
  await face.call('GET', 'experiments/get', { experiment_id: '0' })
})
afterAll(() => face.world.stop())

const told = (trace: string, more: object = {}) => ({
  trace: {
    trace_info: {
      trace_id: `tr-${trace}`,
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } },
      request_time: '2025-11-22T08:26:40.010Z',
      execution_duration: '0.5s',
      state: 'OK',
      tags: { 'mlflow.traceName': 'ask' },
      trace_metadata: {},
      ...more,
    },
  },
})

describe('what a client tells of a trace', () => {
  it('wins over its spans, whichever comes first', async () => {
    const more = {
      tags: { 'mlflow.traceName': 'ask', team: 'told' },
      trace_metadata: { 'mlflow.trace.tokenUsage': '{"input_tokens":1}', 'mlflow.trace.sizeStats': '{"num_spans":1}' },
    }
    const usage = { key: 'mlflow.chat.tokenUsage', value: value('{"input_tokens": 7}') }
    const seen: unknown[] = []
    for (const order of ['told first', 'spans first', 'at once']) {
      const trace = '1234'.repeat(8)
      const tell = () => face.call('POST', v3(''), told(trace, more))
      const spans = () => sendSpans(face, { trace, id: '12'.repeat(8), error: true, attributes: [usage] })
      if (order === 'told first') {
        await tell()
        await spans()
      } else if (order === 'spans first') {
        await spans()
        await tell()
      } else await Promise.all([tell(), spans()])
      seen.push((await face.call('GET', v3('/get'), { trace_id: `tr-${trace}` })).body)
      await face.call('POST', 'traces/delete-traces', { experiment_id: '0', request_ids: [`tr-${trace}`] })
    }
    expect(seen[0]).toMatchObject({
      trace: {
        trace_info: {
          state: 'OK',
          execution_duration: '0.5s',
          request_time: '2025-11-22T08:26:40.010Z',
          tags: { team: 'told', 'service.name': 'late-api' },
          trace_metadata: { 'mlflow.trace.tokenUsage': '{"input_tokens":1}' },
        },
        spans: [{ name: 'step' }],
      },
    })
    expect(seen[1]).toEqual(seen[0])
    expect(seen[2]).toEqual(seen[0])
  })

  it('says how many spans there are: until then the trace is not complete', async () => {
    const trace = hex(16)
    await face.call('POST', v3(''), told(trace, { trace_metadata: { 'mlflow.trace.sizeStats': '{"num_spans":2}' } }))
    await sendSpans(face, { trace })
    const late = await face.call('GET', v3('/get'), { trace_id: `tr-${trace}` })
    expect(late).toMatchObject({ status: 404, body: { error_code: 'RESOURCE_DOES_NOT_EXIST' } })
    expect(late.body.message).toBe(`Trace with ID tr-${trace} is not fully exported yet, please try again later.`)
    const partial = await face.call('GET', v3('/get'), { trace_id: `tr-${trace}`, allow_partial: 'True' })
    expect(partial.body.trace.spans).toHaveLength(1)
    const many = await face.call('GET', v3('/batchGet'), { trace_ids: [`tr-${trace}`] })
    expect(many.body).toEqual({ traces: [] })

    const waiting = face.call('GET', v3('/get'), { trace_id: `tr-${trace}` })
    await sendSpans(face, { trace })
    expect((await waiting).body.trace.spans).toHaveLength(2)
  })

  it('is refused where it cannot be kept', async () => {
    const refusal = async (more: object) => (await face.call('POST', v3(''), told(hex(16), more))).body
    expect(await refusal({ trace_location: { type: 'INFERENCE_TABLE' } })).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining('trace_location'),
    })
    expect((await refusal({ request_time: 'yesterday' })).message).toMatch(/request_time/)
    expect((await refusal({ execution_duration: '-1s' })).message).toMatch(/execution_duration/)
    expect((await refusal({ tags: { ['k'.repeat(251)]: '' } })).message).toMatch(/251/)
    expect((await face.call('POST', v3(''), { trace: {} })).body.message).toMatch(/Missing value.*trace_info/)
    const where = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '4711' } }
    expect(await refusal({ trace_location: where })).toMatchObject({ error_code: 'RESOURCE_DOES_NOT_EXIST' })
  })
})

describe('search', () => {
  const search = async (filter: string, more: object = {}) => {
    const locations = [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } }]
    const { body } = await face.call('POST', v3('/search'), { locations, filter, ...more })
    return body.message ?? body.traces.map((trace: { tags: Record<string, string> }) => trace.tags['mlflow.traceName'])
  }
  let experiment_id: string

  beforeAll(async () => {
    experiment_id = (await face.call('POST', 'experiments/create', { name: 'searched' })).body.experiment_id
    const location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } }
    for (const [name, tool, text] of [
      ['a', 'search', 'späte Flüge'],
      ['b', 'book', 'x'],
    ] as const) {
      const trace = hex(16)
      await send(
        face,
        JSON.stringify(
          batchOf([
            { trace, name: tool, attributes: [{ key: 'text', value: value(text) }] },
            { trace, name: 'llm', parent: hex(8), attributes: [{ key: 'tries', value: { intValue: '3' } }] },
          ]),
        ),
        { 'x-mlflow-experiment-id': experiment_id },
      )
      const more = { trace_location: location, tags: { 'mlflow.traceName': name } }
      await face.call('POST', v3(''), told(trace, more))
    }
  })

  it.each([
    ["span.name = 'search'", ['a']],
    ["span.name = 'search' AND span.name = 'llm'", []],
    ["span.name = 'search' AND (span.name = 'llm' OR name = 'b')", ['a']],
    ["NOT span.name = 'search'", ['b']],
    ["span.attributes.text = 'späte Flüge'", ['a']],
    ["span.attributes.tries = '3' AND name IN ('b')", ['b']],
    ["text LIKE '%Flüge%' OR name = 'b'", ['a', 'b']],
    ["client_request_id IS NULL AND name RLIKE '^[b-z]'", ['b']],
    ["end_time_ms > 0 AND tags.`service.name` = 'late-api'", ['a', 'b']],
    ["metadata.`mlflow.sourceRun` = 'none'", []],
    ["issue.id = 'i' OR prompt = 'p/1'", []],
    ["name RLIKE '('", expect.stringContaining('no regular expression')],
    ['request_id =', expect.stringContaining('ends too early')],
  ])('%s', async (filter, names) => {
    expect(await search(filter, { order_by: ['name ASC'] })).toEqual(names)
  })

  it('gives pages of 1 to 500, and a token for one query', async () => {
    const locations = [{ mlflow_experiment: { experiment_id } }]
    const { body } = await face.call('POST', v3('/search'), { locations, max_results: 1, order_by: ['tags.none'] })
    expect(body.traces).toHaveLength(1)
    const again = { locations, max_results: 1, order_by: ['tags.none'], page_token: body.next_page_token }
    const next = (await face.call('POST', v3('/search'), again)).body
    expect(next.traces).toHaveLength(1)
    expect(next.traces[0].trace_id).not.toBe(body.traces[0].trace_id)
    expect(next.next_page_token).toBeUndefined()
    expect(await search('', { page_token: body.next_page_token })).toMatch(/Invalid page token/)
    expect(await search('', { max_results: 501 })).toMatch(/max_results/)
    expect(await search('', { max_results: 0 })).toMatch(/max_results/)
  })
})

it('keeps projects apart', async () => {
  const trace = hex(16)
  await sendSpans(face, { trace })
  await face.call('POST', v3(`/tr-${trace}/assessments`), { assessment })
  const move = (to: string) =>
    sql`update traces.trace set project_id = ${to} where trace_id = ${`tr-${trace}`}`.execute(face.world.platform.db)
  await move('other')
  const id = { trace_id: `tr-${trace}` }

  for (const [method, path, message] of [
    ['GET', `/tr-${trace}`, {}],
    ['GET', '/get', id],
    ['PATCH', `/tr-${trace}/tags`, { key: 'a', value: 'b' }],
    ['DELETE', `/tr-${trace}/tags`, { key: 'service.name' }],
    ['POST', '/link-prompts', { ...id, prompt_versions: [{ name: 'p', version: '1' }] }],
    ['POST', `/tr-${trace}/assessments`, { assessment }],
  ] as const) {
    expect(await face.call(method, v3(path), message)).toMatchObject({ status: 404 })
  }
  const gone = await face.call('POST', v3('/delete-traces'), { experiment_id: '0', request_ids: [id.trace_id] })
  expect(gone.body).toEqual({ traces_deleted: 0 })
  expect((await face.call('POST', v3('/batchGetInfos'), { trace_ids: [id.trace_id] })).body).toEqual({
    trace_infos: [],
  })
  await sendSpans(face, { trace })
  expect(await infoOf(face, trace)).toMatchObject({ trace_id: id.trace_id, assessments: [] })
})

const assessment = {
  assessment_name: 'good',
  source: { source_type: 'HUMAN', source_id: 'ada' },
  feedback: { value: 1 },
}

it('lets nobody change where a trace lies, or delete all by mistake', async () => {
  const trace = hex(16)
  await sendSpans(face, { trace })
  for (const key of ['mlflow.artifactLocation', 'mlflow.trace.spansLocation']) {
    const refused = await face.call('PATCH', v3(`/tr-${trace}/tags`), { key, value: 'x' })
    expect(refused.body.message).toBe(`Tag '${key}' is immutable and cannot be set on a trace.`)
  }
  expect((await face.call('POST', v3('/delete-traces'), { experiment_id: '0' })).body.message).toMatch(
    /must be specified/,
  )
  expect(await infoOf(face, trace)).toMatchObject({ trace_id: `tr-${trace}` })
})

describe('assessments', () => {
  it('keep null where it is a value, and not where it is nothing', async () => {
    const trace = hex(16)
    await sendSpans(face, { trace })
    const sent = { ...assessment, rationale: null, feedback: { value: { a: null, b: [null] }, error: null } }
    const { body } = await face.call('POST', v3(`/tr-${trace}/assessments`), { assessment: sent })
    expect(body.assessment.feedback).toEqual({ value: { a: null, b: [null] } })
    expect(body.assessment).not.toHaveProperty('rationale')
    const { assessments } = await infoOf(face, trace)
    expect(assessments).toEqual([body.assessment])
  })

  it('come with their trace, again without doubling, and are bounded', async () => {
    const trace = hex(16)
    const assessments = [{ ...assessment, assessment_id: 'a-1' }]
    await face.call('POST', v3(''), told(trace, { assessments }))
    const { body } = await face.call('POST', v3(''), told(trace, { assessments }))
    expect(body.trace.trace_info.assessments).toMatchObject([
      { assessment_id: 'a-1', trace_id: `tr-${trace}`, valid: true },
    ])
    const huge = { ...assessment, feedback: { value: 'x'.repeat(1_000_001) } }
    const refused = await face.call('POST', v3(`/tr-${trace}/assessments`), { assessment: huge })
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining('1000000 characters') } })
    const nothing = { assessment_name: 'x', source: { source_type: 'HUMAN', source_id: 'a' } }
    expect((await face.call('POST', v3(`/tr-${trace}/assessments`), { assessment: nothing })).status).toBe(400)
  })
})
