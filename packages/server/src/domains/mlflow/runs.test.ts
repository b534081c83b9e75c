import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Face, startFace } from './testing.ts'

let face: Face
beforeAll(async () => {
  face = await startFace()
})
afterAll(() => face.world.stop())

const post = (path: string, message: unknown) => face.call('POST', path, message)
const get = (path: string, message: unknown) => face.call('GET', path, message)

async function newRun(message: object = {}): Promise<string> {
  const { body } = await post('runs/create', { experiment_id: '0', start_time: 1, ...message })
  return body.run.info.run_id
}

const readRun = async (run_id: string) => (await get('runs/get', { run_id })).body.run

const tagsOf = (run: { data: { tags: { key: string; value: string }[] } }) =>
  Object.fromEntries(run.data.tags.map(({ key, value }) => [key, value]))

/** Status and code of a refusal, and that its message holds these words. */
const refused = (status: number, error_code: string, words: string) => ({
  status,
  body: expect.objectContaining({ error_code, message: expect.stringContaining(words) }),
})
const bad = (words: string) => refused(400, 'INVALID_PARAMETER_VALUE', words)

describe('a run', () => {
  it('begins with what it was given, under both names of its id, and ends', async () => {
    const tags = [{ key: 'team', value: 'a' }]
    const start = { experiment_id: '0', user_id: 'ada', run_name: 'first', start_time: 1700000000000, tags }
    const { status, body } = await post('runs/create', start)
    const { info } = body.run
    expect({ status, info }).toEqual({
      status: 200,
      info: {
        run_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        run_uuid: info.run_id,
        run_name: 'first',
        experiment_id: '0',
        user_id: 'ada',
        status: 'RUNNING',
        start_time: 1700000000000,
        artifact_uri: `mlflow-artifacts:/0/${info.run_id}/artifacts`,
        lifecycle_stage: 'active',
      },
    })
    expect(tagsOf(body.run)).toEqual({ team: 'a', 'mlflow.runName': 'first' })

    const update = { run_uuid: info.run_id, status: 3, end_time: '1700000000005' }
    const { body: updated } = await post('runs/update', update)
    expect(updated.run_info).toEqual({ ...info, status: 'FINISHED', end_time: 1700000000005 })
    expect((await get('runs/get', { run_uuid: info.run_id })).body.run.info).toEqual(updated.run_info)
    await post('runs/update', { run_id: info.run_id, status: 'FAILED' })
    expect((await readRun(info.run_id)).info).toMatchObject({ status: 'FAILED', end_time: 1700000000005 })
  })

  it('has one name: argument and tag hold the same, whichever is set', async () => {
    const nameOf = async (run_id: string) => {
      const run = await readRun(run_id)
      return [run.info.run_name, tagsOf(run)['mlflow.runName']]
    }
    const tag = { key: 'mlflow.runName', value: 'by tag' }
    const run = await newRun({ tags: [tag] })
    expect(await nameOf(run)).toEqual(['by tag', 'by tag'])
    expect(await post('runs/create', { experiment_id: '0', run_name: 'other', tags: [tag] })).toEqual(
      bad("Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values"),
    )

    await post('runs/update', { run_id: run, run_name: 'by update' })
    expect(await nameOf(run)).toEqual(['by update', 'by update'])
    await post('runs/set-tag', { run_id: run, key: 'mlflow.runName', value: 'by set-tag' })
    expect(await nameOf(run)).toEqual(['by set-tag', 'by set-tag'])
    await post('runs/log-batch', { run_id: run, tags: [{ key: 'mlflow.runName', value: '🛫/50 %' }] })
    expect(await nameOf(run)).toEqual(['🛫/50 %', '🛫/50 %'])

    const unnamed = await nameOf(await newRun())
    expect(unnamed[0]).toMatch(/^[a-z]+-[a-z]+-\d{1,4}$/)
    expect(unnamed[1]).toBe(unnamed[0])
  })

  it('takes null for what is absent, as proto JSON does', async () => {
    const start = { experiment_id: '0', run_name: null, start_time: null, tags: null }
    const { body } = await post('runs/create', start)
    expect(body.run.info.run_name).toMatch(/^[a-z]+-/)
    const { run_id } = body.run.info
    const update = { run_id, run_uuid: null, status: 'FINISHED', end_time: null, run_name: null }
    expect((await post('runs/update', update)).body.run_info).toEqual({ ...body.run.info, status: 'FINISHED' })
    expect(await post('runs/update', { run_id: null })).toEqual(bad("Missing value for required parameter 'run_id'"))
  })

  it('is not there, or belongs to no experiment, or to a deleted one', async () => {
    expect(await get('runs/get', { run_id: 'nope' })).toEqual(
      refused(404, 'RESOURCE_DOES_NOT_EXIST', 'Run with id=nope not found'),
    )
    expect(await get('runs/get', {})).toEqual(bad("Missing value for required parameter 'run_id'"))
    expect(await post('runs/create', { experiment_id: '98765' })).toEqual(
      refused(404, 'RESOURCE_DOES_NOT_EXIST', 'No Experiment with id=98765 exists'),
    )
    const { body: experiment } = await post('experiments/create', { name: 'deleted before' })
    await post('experiments/delete', experiment)
    expect(await post('runs/create', experiment)).toEqual(bad("must be in the 'active' state"))
  })

  it('refuses times that are none, and what is no status', async () => {
    for (const start_time of [-1, '9007199254740993', 1.5, 'now']) {
      expect(await post('runs/create', { experiment_id: '0', start_time })).toEqual(bad('start_time'))
    }
    expect(await post('runs/update', { run_id: await newRun(), status: 'DONE' })).toEqual(bad('status'))
  })

  it('lies below the place of its experiment, however that is written', async () => {
    const places = { 's3://b/p//': 's3://b/p/RUN/artifacts', 'dbfs://x/y?k=a/b': 'dbfs://x/y/RUN/artifacts?k=a/b' }
    for (const [artifact_location, expected] of Object.entries(places)) {
      const { body } = await post('experiments/create', { name: artifact_location, artifact_location })
      const { info } = (await post('runs/create', body)).body.run
      expect(info.artifact_uri.replace(info.run_id, 'RUN')).toBe(expected)
    }
  })
})

describe('a deleted run', () => {
  it('can be read and restored, and refuses everything else with the words of MLflow', async () => {
    const run_id = await newRun()
    await post('runs/set-tag', { run_id, key: 'k', value: 'v' })
    for (let i = 0; i < 2; i++) expect(await post('runs/delete', { run_id })).toEqual({ status: 200, body: {} })

    expect((await readRun(run_id)).info.lifecycle_stage).toBe('deleted')
    const pair = { key: 'a', value: '1' }
    const dataset = { name: 'd', digest: '1', source_type: 's', source: 's' }
    const writes = {
      'runs/log-metric': { key: 'never seen before', value: 1, timestamp: 1 },
      'runs/log-parameter': pair,
      'runs/set-tag': pair,
      'runs/delete-tag': { key: 'k' },
      'runs/log-batch': { metrics: [{ key: 'm', value: 1, timestamp: 1 }], params: [pair], tags: [pair] },
      'runs/log-inputs': { datasets: [{ dataset }] },
      'runs/outputs': { models: [{ model_id: 'm-1', step: 0 }] },
      'runs/log-model': { model_json: '{"run_id":"","artifact_path":"","flavors":{},"utc_time_created":""}' },
      'runs/update': { status: 'FINISHED', run_name: 'late' },
    }
    for (const [path, message] of Object.entries(writes)) {
      expect({ path, ...(await post(path, { run_id, ...message })) }).toEqual({
        path,
        ...bad(`The run ${run_id} must be in the 'active' state. Current state is deleted.`),
      })
    }
    expect(await post('runs/log-batch', { run_id })).toEqual(bad('Current state is deleted'))

    await post('runs/restore', { run_id })
    const run = await readRun(run_id)
    expect(run).toMatchObject({
      info: { lifecycle_stage: 'active', status: 'RUNNING' },
      data: { metrics: [], params: [] },
      inputs: { dataset_inputs: [], model_inputs: [] },
      outputs: { model_outputs: [] },
    })
    expect(tagsOf(run)).toEqual({ k: 'v', 'mlflow.runName': run.info.run_name })
  })

  it('goes and comes with its experiment, unless it was deleted before', async () => {
    const { body: experiment } = await post('experiments/create', { name: 'with runs' })
    const [kept, gone] = [await newRun(experiment), await newRun(experiment)]
    await post('runs/delete', { run_id: gone })
    const stages = () => Promise.all([kept, gone].map(async (id) => (await readRun(id)).info.lifecycle_stage))

    await post('experiments/delete', experiment)
    expect(await stages()).toEqual(['deleted', 'deleted'])
    await post('experiments/restore', experiment)
    expect(await stages()).toEqual(['active', 'deleted'])
  })

  it('has every point that was acknowledged, and none that was refused, when it is deleted in between', async () => {
    const run_id = await newRun()
    const write = (step: number) => post('runs/log-metric', { run_id, key: 'race', value: step, timestamp: 1, step })
    const before = Array.from({ length: 20 }, (_, step) => write(step))
    const removal = post('runs/delete', { run_id })
    const answers = await Promise.all([...before, ...Array.from({ length: 20 }, (_, step) => write(20 + step))])
    expect((await removal).status).toBe(200)
    expect((await write(40)).status).toBe(400)
    const accepted = answers.flatMap(({ status }, step) => (status === 200 ? [step] : []))

    const { body } = await get('metrics/get-history', { run_id, metric_key: 'race' })
    expect(body.metrics.map(({ step }: { step: number }) => step)).toEqual(accepted)
  })
})

describe('params', () => {
  it('keep the value that they got first', async () => {
    const run_id = await newRun()
    const write = (value: string) => post('runs/log-parameter', { run_id, key: 'depth', value })
    expect(await write('3')).toEqual({ status: 200, body: {} })
    expect(await write('3')).toEqual({ status: 200, body: {} })
    expect(await write('5')).toEqual(
      bad(
        `Changing param values is not allowed. Params were already logged='[{'key': 'depth', 'old_value': '3', 'new_value': '5'}]' for run ID='${run_id}'.`,
      ),
    )
    expect((await readRun(run_id)).data.params).toEqual([{ key: 'depth', value: '3' }])
  })

  it('may be empty, are cut when they are long, and never through a character', async () => {
    const run_id = await newRun()
    const params = [
      { key: 'empty', value: '' },
      { key: 'absent' },
      { key: 'long', value: 'x'.repeat(7000) },
      { key: 'planes', value: '🛫'.repeat(6001) },
    ]
    expect((await post('runs/log-batch', { run_id, params })).status).toBe(200)
    const { data } = await readRun(run_id)
    expect(Object.fromEntries(data.params.map(({ key, value }: Record<string, string>) => [key, value]))).toEqual({
      empty: '',
      absent: '',
      long: 'x'.repeat(6000),
      planes: '🛫'.repeat(6000),
    })
    // The same long value again is the same value.
    expect((await post('runs/log-batch', { run_id, params })).status).toBe(200)
  })

  it('let one batch win when several write different values, and say so to the others', async () => {
    const run_id = await newRun()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, value) =>
        post('runs/log-batch', {
          run_id,
          params: [
            { key: 'shared', value: String(value) },
            { key: `own ${value}`, value: '' },
          ],
        }),
      ),
    )
    const winner = answers.findIndex(({ status }) => status === 200)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await readRun(run_id)).data.params).toEqual([
      { key: `own ${winner}`, value: '' },
      { key: 'shared', value: String(winner) },
    ])
  })
})

describe('tags', () => {
  it('are set, set again, cut when long, and deleted once', async () => {
    const run_id = await newRun()
    for (const value of ['1', 'y'.repeat(9000)]) await post('runs/set-tag', { run_id, key: 'k', value })
    expect(tagsOf(await readRun(run_id)).k).toBe('y'.repeat(8000))

    expect((await post('runs/delete-tag', { run_id, key: 'k' })).status).toBe(200)
    expect(await post('runs/delete-tag', { run_id, key: 'k' })).toEqual(
      refused(404, 'RESOURCE_DOES_NOT_EXIST', `No tag with name: k in run with id ${run_id}`),
    )
  })

  it('take the last value of one that comes twice in a batch', async () => {
    const run_id = await newRun()
    const tags = ['1', '2', '3'].map((value) => ({ key: 'k', value }))
    expect((await post('runs/log-batch', { run_id, tags })).status).toBe(200)
    expect(tagsOf(await readRun(run_id)).k).toBe('3')
  })

  it('list the models of old clients, each once, also when two are noted at once', async () => {
    const run_id = await newRun()
    const model = (artifact_path: string) => ({
      run_id,
      model_json: JSON.stringify({
        run_id,
        artifact_path,
        utc_time_created: '2026-01-01',
        flavors: { sklearn: { config: { a: 1 }, code: null } },
        signature: {},
      }),
    })
    const answers = await Promise.all(['a', 'b', 'a'].map((path) => post('runs/log-model', model(path))))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const list = JSON.parse(tagsOf(await readRun(run_id))['mlflow.log-model.history']!)
    expect(list.toSorted((a: typeof list, b: typeof list) => (a.artifact_path < b.artifact_path ? -1 : 1))).toEqual(
      ['a', 'b'].map((artifact_path) => ({
        run_id,
        utc_time_created: '2026-01-01',
        artifact_path,
        flavors: { sklearn: { code: null } },
      })),
    )
    expect(await post('runs/log-model', { run_id, model_json: '{}' })).toEqual(
      bad("Model json is missing mandatory fields: {'artifact_path', 'flavors', 'utc_time_created', 'run_id'}"),
    )
    expect(await post('runs/log-model', { run_id, model_json: '{' })).toEqual(bad('Malformed model info.'))
  })
})

describe('inputs and outputs', () => {
  const dataset = { name: 'flights/2026 🛫', digest: 'abc', source_type: 'local', source: '{}' }

  it('are noted once, with tags, and found from the experiment', async () => {
    const { body: experiment } = await post('experiments/create', { name: 'inputs' })
    const run_id = await newRun(experiment)
    const tags = [{ key: 'mlflow.data.context', value: 'train' }]
    const message = {
      run_id,
      datasets: [
        { dataset: { ...dataset, schema: '{"a":1}' }, tags },
        { dataset, tags: [] },
      ],
      models: [{ model_id: 'm-1' }],
    }
    for (let i = 0; i < 2; i++) expect(await post('runs/log-inputs', message)).toEqual({ status: 200, body: {} })
    await post('runs/outputs', { run_id, models: [{ model_id: 'm-2', step: 7 }] })

    expect(await readRun(run_id)).toMatchObject({
      inputs: {
        dataset_inputs: [{ dataset: { ...dataset, schema: '{"a":1}' }, tags }],
        model_inputs: [{ model_id: 'm-1' }],
      },
      outputs: { model_outputs: [{ model_id: 'm-2', step: 7 }] },
    })
    const search = { experiment_ids: [experiment.experiment_id] }
    expect((await post('/ajax-api/2.0/mlflow/experiments/search-datasets', search)).body).toEqual({
      dataset_summaries: [{ ...experiment, name: dataset.name, digest: 'abc', context: 'train' }],
    })
  })

  it('are refused as a whole when one is too long or there are too many', async () => {
    const run_id = await newRun()
    const wrong: Record<string, object> = {
      name: { name: 'n'.repeat(501) },
      digest: { digest: 'd'.repeat(37) },
      source: { source: 's'.repeat(65_536) },
      schema: { schema: 's'.repeat(1_048_576) },
      profile: { profile: 'p'.repeat(16_777_216) },
    }
    for (const [field, part] of Object.entries(wrong)) {
      const message = { run_id, datasets: [{ dataset }, { dataset: { ...dataset, digest: 'x', ...part } }] }
      expect(await post('runs/log-inputs', message)).toEqual(bad(`'${field}' exceeds the maximum length`))
    }
    const many = Array.from({ length: 1001 }, (_, i) => ({ dataset: { ...dataset, digest: String(i) } }))
    expect(await post('runs/log-inputs', { run_id, datasets: many })).toEqual(bad('at most 1000 datasets'))
    expect((await readRun(run_id)).inputs.dataset_inputs).toEqual([])
    expect(await post('experiments/search-datasets', { experiment_ids: [] })).toEqual(bad('at least one experiment_id'))
  })
})
