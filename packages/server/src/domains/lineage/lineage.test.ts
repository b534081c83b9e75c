import type { LineageEventView, Run } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parquetOf } from '../datasets/testing.ts'
import { onnxOf } from '../registry/testing-onnx.ts'
import { newVersion } from '../registry/testing.ts'
import { type LineageWorld, startLineageWorld } from './testing.ts'

/** The loop is played once; the tests look at what was told of it. */
let world: LineageWorld
let first: Run
let second: Run
let failed: Run

const span = { from: '2001-01-01T00:00:00Z', until: '2001-02-01T00:00:00Z' }

beforeAll(async () => {
  world = await startLineageWorld({
    EVENKEEL_REPOSITORY_URL: 'https://git.example.org/ml',
    EVENKEEL_LINEAGE_VARIABLES: 'SHOWN',
  })
  await addData()
  first = await world.run('churn', await churn(), span)
  second = await world.run('churn', await churn(), span)
  await register(second)
  failed = await world.run('broken', {
    steps: [
      { key: 'fall', run: ['sh', '-c', 'exit 3'] },
      { key: 'after', run: ['true'], needs: ['fall'] },
    ],
  })
  await deploy()
  await world.settle()
}, 120_000)
afterAll(() => world.stop())

async function addData() {
  const params = { dataset: 'flights' }
  const rule = { kind: 'row_count' as const, atLeast: 1 }
  await world.datasets.putContract({ params, body: { eventTimeColumn: 'date', rules: [rule] } })
  const file = await parquetOf(
    `SELECT TIMESTAMP '2001-01-01 00:00:00' + INTERVAL (i) DAY AS date, i AS delay, 'JFK' AS origin FROM range(0, 31) t(i)`,
  )
  await world.datasets.addVersion({ params, fields: {}, file })
}

async function churn() {
  const { digest } = await world.platform.blobs.put(Buffer.from('words'))
  const code = [{ path: 'words.txt', digest }]
  return {
    description: 'Who will leave?',
    commit: 'abc123',
    params: { from: '', until: '', rate: 0.1, many: ['a', 'b'] },
    steps: [
      {
        key: 'load',
        run: ['sh', '-c', 'printf loaded > "$EVENKEEL_OUTPUT_TABLE"'],
        inputs: { flights: { from: 'dataset', dataset: 'flights', start: 'from', end: 'until' } },
        outputs: ['table'],
        env: { SHOWN: 'yes', HIDDEN: 'secret' },
        code,
      },
      {
        key: 'train',
        run: [
          'sh',
          '-c',
          'cat "$EVENKEEL_INPUT_TABLE" > "$EVENKEEL_OUTPUT_MODEL"; date +%N >> "$EVENKEEL_OUTPUT_MODEL"',
        ],
        inputs: { table: { from: 'step', step: 'load', output: 'table' } },
        outputs: ['model'],
        cache: false,
      },
    ],
  }
}

async function register(run: Run) {
  const bytes = onnxOf([{ name: 'x', type: 1, shape: ['N', 3] }], [{ name: 'y', type: 1, shape: ['N', 1] }])
  const { digest } = await world.platform.blobs.put(bytes)
  const version = newVersion({ digest, sizeBytes: bytes.length })
  const { items } = await world.datasets.listVersions({ params: { dataset: 'flights' }, query: {} })
  const datasets = items.map(({ dataset, version: number, digest: content }) => ({
    dataset,
    version: number,
    digest: content,
  }))
  const lineage = { ...version.lineage, runId: run.id, pipeline: 'churn', datasets }
  await world.registry.register({ params: { model: 'churn' }, body: { ...version, lineage } })
  await world.registry.overrideGate({
    params: { model: 'churn', version: 1 },
    body: { reason: 'There is no champion yet.' },
  })
}

async function deploy() {
  const params = { endpoint: 'churn' }
  await world.deployments.put({ params, body: { environment: 'production', model: 'churn' } })
  await world.deployments.deploy({ params, body: { version: 1 } })
}

const words = (events: readonly LineageEventView[]) => events.map(({ job, eventType }) => `${job} ${eventType}`)
const said = (events: readonly LineageEventView[], job: string, type: string) =>
  events.find((event) => event.job === job && event.eventType === type)!.event as never

it('tells every moment in events that pass the core and the schema of each facet', async () => {
  const events = await world.events({ origin: 'own' })

  expect(events.flatMap(({ event }) => world.validate(event))).toEqual([])
  expect(new Set(words(events))).toEqual(
    new Set([
      'null null',
      'churn null',
      'broken null',
      ...['churn', 'churn.load', 'churn.train'].flatMap((job) => [`${job} START`, `${job} COMPLETE`]),
      'churn OTHER',
      ...['broken', 'broken.fall'].flatMap((job) => [`${job} START`, `${job} FAIL`]),
      'gate.churn START',
      'gate.churn FAIL',
      'gate.churn COMPLETE',
      'deploy.churn START',
      'approve.churn.production START',
    ]),
  )
})

it('would notice a broken facet, an unknown schema and a run without an id', async () => {
  const start = said(await world.events(), 'churn', 'START') as { run: { facets: Record<string, object> } }
  const broken = (facets: object) => ({ ...start, run: { ...start.run, facets: { ...start.run.facets, ...facets } } })
  const parameters = start.run.facets['executionParameters']

  expect(world.validate(start)).toEqual([])
  expect(world.validate(broken({ executionParameters: { ...parameters, parameters: 'wrong' } }))).not.toEqual([])
  expect(
    world.validate(broken({ executionParameters: { ...parameters, parameters: [{ key: 'a', value: 1 }] } })),
  ).not.toEqual([])
  expect(world.validate(broken({ odd: { ...parameters, _schemaURL: `${world.url}/nowhere` } }))).not.toEqual([])
  expect(world.validate({ ...start, run: { runId: 'churn-1' } })).not.toEqual([])
})

it('tells each run once and in order: its start, its steps, its end', async () => {
  const ofRun = (run: Run) => async () => {
    const events = await world.events({ origin: 'own' })
    return events.filter(({ run: id, event }) => id === run.id || parentOf(event) === run.id)
  }

  expect(words(await ofRun(first)())).toEqual([
    'churn START',
    'churn.load START',
    'churn.load COMPLETE',
    'churn.train START',
    'churn.train COMPLETE',
    'churn COMPLETE',
  ])
  expect(words(await ofRun(second)()).filter((word) => word !== 'churn OTHER')).toEqual(words(await ofRun(first)()))
  expect(words(await ofRun(failed)())).toEqual(['broken START', 'broken.fall START', 'broken.fall FAIL', 'broken FAIL'])
})

const parentOf = (event: Record<string, unknown>) =>
  (event as { run?: { facets?: { parent?: { run: { runId: string } } } } }).run?.facets?.parent?.run.runId

it('says of a cached step the versions that were made then, and by which run', async () => {
  const events = await world.events({ origin: 'own' })
  const [before, after] = events.filter(({ job, eventType }) => job === 'churn.load' && eventType === 'COMPLETE')

  expect(after!.event['outputs']).toEqual(before!.event['outputs'])
  expect(after!.event['outputs']).toMatchObject([
    {
      name: 'artifact/churn/load/table',
      facets: { version: { datasetVersion: first.steps[0]!.outputs['table']!.digest } },
    },
  ])
  expect(after!.event).toMatchObject({
    run: { facets: { evenkeel_cache: { code: 'reused', fromRun: first.id, fromStep: 'load' } } },
  })
})

it('says what was read, with its columns and counts, and shows no variable that is not listed', async () => {
  const event = said(await world.events(), 'churn.load', 'START')

  expect(event).toMatchObject({
    inputs: [
      {
        namespace: 'evenkeel://localhost/default',
        name: 'dataset/flights',
        facets: { schema: { fields: [{ name: 'date' }, { name: 'delay' }, { name: 'origin' }] } },
        inputFacets: {
          inputStatistics: { rowCount: 31, fileCount: 1 },
          dataQualityMetrics: { columnMetrics: { delay: { min: 0, max: 30, nullCount: 0 } } },
          dataQualityAssertions: {
            assertions: expect.arrayContaining([expect.objectContaining({ assertion: 'row_count', success: true })]),
          },
        },
      },
    ],
    job: { facets: { sourceCodeLocation: { url: 'https://git.example.org/ml/tree/abc123', version: 'abc123' } } },
    run: { facets: { environmentVariables: { environmentVariables: [{ name: 'SHOWN', value: 'yes' }] } } },
  })
  expect(JSON.stringify(await world.events())).not.toContain('HIDDEN')
})

it('tells a gate and its override as tests of which all is text', async () => {
  const events = await world.events()

  expect(said(events, 'gate.churn', 'FAIL')).toMatchObject({
    run: {
      facets: {
        test: { tests: expect.arrayContaining([expect.objectContaining({ status: 'fail', severity: 'error' })]) },
      },
    },
  })
  expect(said(events, 'gate.churn', 'COMPLETE')).toMatchObject({
    run: {
      facets: {
        test: {
          tests: expect.arrayContaining([
            expect.objectContaining({ name: 'override', status: 'pass', actual: 'local' }),
          ]),
        },
      },
    },
  })
})

it('leads from a model version up to its data, and from the data down to the model', async () => {
  const up = await world.api.graph({ query: { node: 'model_version:churn@1', direction: 'upstream' } })
  const down = await world.api.graph({ query: { node: 'flights@1', direction: 'downstream' } })
  const labels = (graph: typeof up) => graph.nodes.map(({ kind, label }) => `${kind} ${label}`)

  expect(labels(up)).toEqual(expect.arrayContaining(['dataset_version flights@1', 'model_version churn@1']))
  expect(up.nodes.find(({ name }) => name === second.id)).toMatchObject({
    state: 'COMPLETE',
    link: `/runs/${second.id}`,
  })
  expect(labels(down)).toEqual(expect.arrayContaining(['model_version churn@1']))
  expect(up.nodes.find(({ kind }) => kind === 'model_version')!.link).toBe('/models/churn/versions/1')
  const jobs = await world.api.graph({ query: { node: 'dataset:flights', direction: 'downstream' } })
  expect(jobs.nodes.map(({ kind }) => kind)).not.toContain('run')
  expect(jobs.nodes.map(({ label }) => label)).toEqual(expect.arrayContaining(['churn.load', 'churn', 'deploy.churn']))
})

it('says that a name is unknown or shared, and which are meant', async () => {
  await expect(world.api.graph({ query: { node: 'nobody' } })).rejects.toMatchObject({ code: 'lineage.node_not_found' })
  await expect(world.api.graph({ query: { node: 'churn' } })).rejects.toMatchObject({
    code: 'lineage.node_ambiguous',
    details: { candidates: expect.arrayContaining(['job:evenkeel://localhost/default#churn']) },
  })
})

it('ends a deployment that a person declines, and the question with it', async () => {
  const { items } = await world.deployments.listRollouts({ params: { endpoint: 'churn' }, query: {} })
  await world.deployments.abort({ params: { rollout: items[0]!.id }, body: { reason: 'not today' } })
  const events = await world.until('the end of the rollout', async () => {
    const all = await world.events({ origin: 'own' })
    return all.some(({ job, eventType }) => job === 'deploy.churn' && eventType !== 'START') && all
  })

  expect(words(events)).toContain('deploy.churn ABORT')
  expect(events.flatMap(({ event }) => world.validate(event))).toEqual([])
})

it('makes another run of one that is opened again, and tells what was told no second time', async () => {
  await world.pipelines.retryRun({ params: { run: failed.id }, body: {} })
  const events = await world.until('the second end', async () => {
    const all = (await world.events({ origin: 'own' })).filter(({ job }) => job?.startsWith('broken'))
    return all.filter(({ job, eventType }) => job === 'broken' && eventType === 'FAIL').length === 2 && all
  })
  const runs = events.filter(({ job, eventType }) => job === 'broken' && eventType === 'FAIL').map(({ run }) => run)

  expect(new Set(runs).size).toBe(2)
  expect(words(events).filter((word) => word === 'broken.fall FAIL')).toHaveLength(2)
  expect(events.flatMap(({ event }) => world.validate(event))).toEqual([])
})

it('serves the schemas of its own facets where the facets say', async () => {
  const event = JSON.stringify(await world.events())
  const urls = new Set([...event.matchAll(/"_schemaURL":"(http:[^"#]+)/g)].map(([, url]) => url!))

  expect(urls.size).toBe(5)
  for (const url of urls) expect((await (await fetch(url)).json()) as object).toMatchObject({ $id: url })
  expect((await fetch(`${world.url}/api/v1/lineage/schemas/1-0-0/constructor.json`)).status).toBe(404)
})

it('tells of a version that has only files of MLflow', async () => {
  const post = (path: string, body: object) =>
    fetch(`${world.url}/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'logged model', ...body }),
    })
  await post('registered-models/create', {})
  await post('model-versions/create', { source: 's3://bucket/model' })
  await world.settle()

  const events = await world.events({ origin: 'own' })
  const told = events.filter(({ event }) => JSON.stringify(event).includes('model/logged model'))

  expect(told).toHaveLength(1)
  expect(world.validate(told[0]!.event)).toEqual([])
})
