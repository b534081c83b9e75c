import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Face, startFace } from './testing.ts'

let face: Face
beforeAll(async () => {
  face = await startFace()
})
afterAll(() => face.world.stop())

describe('wire', () => {
  it('answers what clients ask before anything else', async () => {
    expect(await face.call('GET', '/health')).toEqual({ status: 200, body: 'OK' })
    expect((await face.call('GET', '/version')).body).toMatch(/^3\.\d+\.\d+$/)
    expect((await face.call('GET', '/api/3.0/mlflow/server-info')).body).toEqual({
      store_type: 'SqlStore',
      workspaces_enabled: false,
    })
  })

  it('tells an unknown route by the code that clients fall back on, and leaves the rest of the server its own', async () => {
    const { status, body } = await face.call('POST', '/api/3.0/mlflow/nothing/here')
    expect({ status, code: body.error_code }).toEqual({ status: 404, code: 'ENDPOINT_NOT_FOUND' })
    expect((await face.call('GET', '/api/v1/nothing')).body.code).toBe('http.not_found')
  })

  it('answers under both prefixes, and success with 200 and an object', async () => {
    expect((await face.call('GET', '/ajax-api/2.0/mlflow/experiments/get', { experiment_id: 0 })).status).toBe(200)
    const tag = { experiment_id: '0', key: 'team', value: 'a' }
    expect(await face.call('POST', 'experiments/set-experiment-tag', tag)).toEqual({ status: 200, body: {} })
  })

  it('says in the sentences of MLflow what is missing and what is wrong', async () => {
    expect((await face.call('POST', 'experiments/create')).body).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
      message:
        "Missing value for required parameter 'name'. See the API docs for more information about request parameters.",
    })
    expect((await face.call('POST', 'experiments/create', { name: 31 })).body.message).toBe(
      "Invalid value 31 for parameter 'name' supplied:  Hint: Value was of type 'int'. See the API docs for more information about request parameters.",
    )
  })

  it('reads a body that is a JSON text holding JSON, and refuses what is no object, no JSON or of another type', async () => {
    const twice = JSON.stringify(JSON.stringify({ name: 'decoded twice' }))
    expect((await face.call('POST', 'experiments/create', twice)).status).toBe(200)
    for (const body of ['[1]', '{"name"', '"text"', '5']) {
      const { status, body: refusal } = await face.call('POST', 'experiments/create', body)
      expect({ body, status, code: refusal.error_code }).toEqual({ body, status: 400, code: 'INVALID_PARAMETER_VALUE' })
    }
    const plain = await fetch(`${face.world.url}/api/2.0/mlflow/experiments/create`, { method: 'POST', body: 'x' })
    expect(plain.status).toBe(400)
  })

  it('takes null for what is absent, wherever it stands', async () => {
    const name = 'with nulls'
    const tags = [{ key: 'a', value: '1', extra: null }]
    expect((await face.call('POST', 'experiments/create', { name, artifact_location: null, tags })).status).toBe(200)
    const { body } = await face.call('POST', 'runs/create', { experiment_id: '0', user_id: null })
    const metrics = [{ key: 'm', value: 1, timestamp: 1, step: 1, model_id: null, dataset_name: null }]
    const batch = { run_id: body.run.info.run_id, metrics, params: null }
    expect((await face.call('POST', 'runs/log-batch', batch)).status).toBe(200)
  })

  it('refuses text that cannot be kept, wherever it stands', async () => {
    for (const name of ['a\0b', 'half \ud83d']) {
      expect((await face.call('POST', 'experiments/create', { name })).status).toBe(400)
    }
    expect((await face.call('GET', 'experiments/get-by-name', { experiment_name: 'a\0b' })).status).toBe(400)
  })
})

describe('experiments', () => {
  it('has the experiment 0 from the start', async () => {
    const { body } = await face.call('GET', 'experiments/get', { experiment_id: '0' })
    expect(body.experiment).toMatchObject({
      experiment_id: '0',
      name: 'Default',
      artifact_location: 'mlflow-artifacts:/0',
      lifecycle_stage: 'active',
    })
  })

  it('creates one, with any name, and keeps names apart while they are in use', async () => {
    const name = 'Größe/50 % 🛫'
    const { body: created } = await face.call('POST', 'experiments/create', { name, tags: [{ key: 'a', value: '1' }] })
    const { body: again } = await face.call('POST', 'experiments/create', { name })
    expect(again.error_code).toBe('RESOURCE_ALREADY_EXISTS')

    const { body: found } = await face.call('GET', 'experiments/get-by-name', { experiment_name: name })
    expect(found.experiment).toMatchObject({ experiment_id: created.experiment_id, tags: [{ key: 'a', value: '1' }] })
    await face.call('POST', 'experiments/delete', created)
    expect((await face.call('POST', 'experiments/create', { name })).status).toBe(200)
    expect((await face.call('POST', 'experiments/restore', created)).body.error_code).toBe('RESOURCE_ALREADY_EXISTS')
  })

  it('renames, tags and untags an active one only', async () => {
    const { body: one } = await face.call('POST', 'experiments/create', { name: 'old name' })
    const { body: other } = await face.call('POST', 'experiments/create', { name: 'other name' })
    expect((await face.call('POST', 'experiments/update', { ...one, new_name: 'new name' })).status).toBe(200)
    const clash = await face.call('POST', 'experiments/update', { ...other, new_name: 'new name' })
    expect(clash.body.error_code).toBe('RESOURCE_ALREADY_EXISTS')

    await face.call('POST', 'experiments/set-experiment-tag', { ...one, key: 'k', value: 'v' })
    expect((await face.call('POST', 'experiments/delete-experiment-tag', { ...one, key: 'k' })).status).toBe(200)
    expect((await face.call('POST', 'experiments/delete-experiment-tag', { ...one, key: 'k' })).status).toBe(404)

    await face.call('POST', 'experiments/delete', one)
    const late = await face.call('POST', 'experiments/update', { ...one, new_name: 'later' })
    expect(late.body.error_code).toBe('INVALID_PARAMETER_VALUE')
    expect((await face.call('GET', 'experiments/get', one)).body.experiment.lifecycle_stage).toBe('deleted')
  })

  it('knows no experiment that is not there', async () => {
    for (const id of ['987654', 'none', '1e3', '-1']) {
      const { status, body } = await face.call('GET', 'experiments/get', { experiment_id: id })
      expect({ id, status, code: body.error_code }).toEqual({ id, status: 404, code: 'RESOURCE_DOES_NOT_EXIST' })
    }
  })
})
