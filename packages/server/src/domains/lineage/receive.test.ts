import { createClient } from '@evenkeel/client'
import { lineage, type OpenLineageEvent } from '@evenkeel/contract'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFlowLimit } from './flow-limit.ts'
import { type LineageWorld, startLineageWorld } from './testing.ts'

const run = promisify(execFile)

let world: LineageWorld
beforeAll(async () => {
  world = await startLineageWorld({
    EVENKEEL_AUTH: 'required',
    EVENKEEL_INIT_TOKEN: 'a secret of more than 24 letters',
  })
})
afterAll(() => world.stop())

const event = (changes: Partial<OpenLineageEvent> = {}): OpenLineageEvent => ({
  eventType: 'COMPLETE',
  eventTime: '2026-03-01T10:00:00.000Z',
  producer: 'https://example.org/spark',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  run: {
    runId: '0190c6a0-1111-7000-8000-000000000001',
    facets: { spark_odd: { _producer: 'x', deep: [{ a: null }] } },
  },
  job: { namespace: 'spark://cluster', name: 'clean' },
  inputs: [{ namespace: 's3://bucket', name: 'raw/flights' }],
  outputs: [{ namespace: 's3://bucket', name: 'clean/flights' }],
  ...changes,
})

const as = async (...roles: Parameters<LineageWorld['asRole']>) => createClient(lineage, await world.asRole(...roles))
const send = async (body: string, token: string | undefined, headers = {}) =>
  fetch(`${world.url}/api/v1/lineage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }), ...headers },
    body,
  })

describe('events of others', () => {
  it('become part of the graph, keep the facets nobody knows, and count once', async () => {
    const api = await as('data_scientist')

    const first = await api.receive({ body: event() })
    const again = await api.receive({ body: event() })
    const graph = await api.graph({ query: { node: 'raw/flights', direction: 'downstream' } })

    expect(again).toEqual(first)
    expect(graph.nodes.map(({ label, origin }) => [label, origin])).toEqual(
      expect.arrayContaining([
        ['raw/flights', 'received'],
        ['clean', 'received'],
        ['clean/flights', 'received'],
      ]),
    )
    const { items } = await api.events({ query: { origin: 'received' } })
    expect(items).toHaveLength(1)
    expect(items[0]!.event).toEqual(event())
  })

  it('never overrule what the server has said of itself', async () => {
    const api = await as('data_scientist')
    const { token } = await world.asRole('data_scientist')
    const pipelines = await fetch(`${world.url}/api/v1/pipelines/own`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ steps: [{ key: 'a', run: ['true'] }] }),
    })
    expect(pipelines.status).toBe(200)
    await world.until(
      'the pipeline',
      async () => (await api.nodes({ query: { text: 'own', kind: 'job' } })).items.length > 0,
    )

    await api.receive({ body: event({ job: { namespace: 'evenkeel://localhost/default', name: 'own' } }) })

    expect((await api.nodes({ query: { text: 'own', kind: 'job' } })).items).toMatchObject([{ origin: 'own' }])
  })

  it('keep names apart that only look alike when they are put together', async () => {
    const api = await as('data_scientist')

    await api.receive({
      body: event({ inputs: [{ namespace: 'a#b', name: 'c' }], outputs: [{ namespace: 'a', name: 'b#c' }] }),
    })

    const { items } = await api.nodes({ query: { kind: 'dataset', text: 'c' } })
    expect(new Set(items.filter(({ namespace }) => namespace.startsWith('a')).map(({ id }) => id)).size).toBe(2)
  })

  it.each([
    ['neither a job nor a dataset', { job: undefined, run: undefined }, /speaks of a job/],
    ['a run without its job', { job: undefined, dataset: { namespace: 'a', name: 'b' } }, /needs the job/],
    ['a run id that is no UUID', { run: { runId: 'one' } }, /runId/],
    ['a time without a zone', { eventTime: '2026-03-01T10:00:00' }, /eventTime/],
    ['NUL in a facet', { run: { runId: event().run!.runId, facets: { a: { text: 'a\0b' } } } }, /cannot be stored/],
    ['half a character in a key', { run: { runId: event().run!.runId, facets: { '\ud800': 1 } } }, /cannot be stored/],
  ])('are refused with the reason: %s', async (_, changes, why) => {
    const api = await as('data_scientist')

    await expect(api.receive({ body: event(changes as never) })).rejects.toMatchObject({
      status: 400,
      message: expect.any(String),
      why: expect.stringMatching(why),
    })
  })

  it('are refused when they are nested without end, or too large', async () => {
    const { token } = await world.asRole('data_scientist')
    const deep = JSON.stringify({ ...event(), nest: 0 }).replace(
      '"nest":0',
      `"nest":${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    )
    const large = JSON.stringify({ ...event(), fill: 'x'.repeat(3 * 1024 ** 2) })

    const refused = await send(deep, token)
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringMatching(/nested deeper than 64/)])
    expect((await send(large, token)).status).toBe(413)
  })

  it('need a key that may write; reading needs less, targets more', async () => {
    const viewer = await as('viewer')
    const scientist = await as('data_scientist')
    const spec = { kind: 'file' } as const

    expect((await send(JSON.stringify(event()), undefined)).status).toBe(401)
    await expect(viewer.receive({ body: event() })).rejects.toMatchObject({ status: 403 })
    await expect(viewer.nodes({ query: {} })).resolves.toBeDefined()
    await expect(scientist.putTarget({ params: { target: 'x' }, body: { spec } })).rejects.toMatchObject({
      status: 403,
    })
  })

  it('are sent by the unmodified Python client', { timeout: 180_000 }, async ({ skip }) => {
    const folder = await mkdtemp(join(tmpdir(), 'evenkeel-openlineage-'))
    try {
      const python = await pythonWithClient(folder)
      if (!python) return skip('openlineage-python cannot be installed here')
      const { token } = await world.asRole('data_scientist')
      await run(python, ['-c', program], {
        env: { ...process.env, OPENLINEAGE_URL: world.url, OPENLINEAGE_API_KEY: token },
      })

      const api = await as('viewer')
      const graph = await api.graph({ query: { node: 'public.delays', direction: 'upstream' } })
      expect(graph.nodes.map(({ label }) => label).toSorted()).toEqual([
        'dbt.delays',
        'public.delays',
        'public.flights',
      ])
      const { items } = await api.events({ query: { run: '0190c6a0-2222-7000-8000-000000000001' } })
      expect(items.map(({ eventType }) => eventType)).toEqual(['COMPLETE', 'START'])
      expect(items[0]!.event).toMatchObject({ run: { facets: { errorMessage: { message: 'none' } } } })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

/** A Python with the client of OpenLineage, in an environment of its own; undefined, with the reason printed, without one. */
async function pythonWithClient(folder: string): Promise<string | undefined> {
  try {
    await run('python3', ['-m', 'venv', folder])
    const python = join(folder, 'bin/python')
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'openlineage-python'], {
      timeout: 150_000,
    })
    return python
  } catch (error) {
    process.stderr.write(
      `SKIPPED the test with openlineage-python, which cannot be installed here: ${String(error).slice(0, 300)}\n`,
    )
    return undefined
  }
}

const program = `
from datetime import datetime, timezone
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import Job, Run, RunEvent, RunState, InputDataset, OutputDataset
from openlineage.client.facet_v2 import error_message_run
client = OpenLineageClient()
run = Run("0190c6a0-2222-7000-8000-000000000001", facets={"errorMessage": error_message_run.ErrorMessageRunFacet("none", "python")})
job = Job("airflow", "dbt.delays")
for state in (RunState.START, RunState.COMPLETE):
    client.emit(RunEvent(
        eventType=state, eventTime=datetime.now(timezone.utc).isoformat(), run=run, job=job,
        producer="https://example.org/airflow",
        inputs=[InputDataset("postgres://db:5432", "public.flights")],
        outputs=[OutputDataset("postgres://db:5432", "public.delays")]))
`

describe('the flow of events', () => {
  it('takes a burst, then so many in a second, for each project apart', () => {
    let at = 0
    const limit = createFlowLimit({ perSecond: 10, burst: 3 }, () => at)
    const taken = (key: string, count: number) =>
      Array.from({ length: count }, () => limit.take(key)).filter(Boolean).length

    expect(taken('a', 5)).toBe(3)
    expect(taken('b', 5)).toBe(3)
    at = 250
    expect(taken('a', 5)).toBe(2)
    at = 10_000
    expect(taken('a', 5)).toBe(3)
  })
})
