import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Face, loggingStep, startFace } from './testing.ts'

let face: Face
/** A step of a run of its own. */
let token: string
let scope: string
const tokenOf = (run: string) =>
  face.world.projects.issueStepToken({ userId: 'local', scope: run, expiresAt: new Date(Date.now() + 60_000) })

beforeAll(async () => {
  face = await startFace()
  scope = randomUUID()
  token = await tokenOf(scope)
})
afterAll(() => face.world.stop())

const run_id = loggingStep.runId
const asStep = (method: string, path: string, message: object) => face.call(method, path, message, token)

it('makes the run of a step when the step first names it, once', async () => {
  const both = await Promise.all([asStep('GET', 'runs/get', { run_id }), asStep('GET', 'runs/get', { run_id })])
  for (const { status, body } of both) {
    expect({ status, name: body.run.info.run_name }).toEqual({ status: 200, name: 'train' })
    expect(body.run.data.tags).toContainEqual({ key: 'evenkeel.run', value: scope })
    expect(body.run.data.tags).toContainEqual({ key: 'mlflow.source.git.commit', value: 'c0ffee' })
  }
  const { body } = await asStep('GET', 'experiments/get-by-name', { experiment_name: 'churn' })
  expect(body.experiment.experiment_id).toBe(both[0].body.run.info.experiment_id)
})

it('puts the run where the script says, when it chooses an experiment first', async () => {
  const own = await tokenOf(randomUUID())
  const id = `f00d${'c'.repeat(28)}`
  expect((await face.call('GET', 'experiments/get-by-name', { experiment_name: 'iris' }, own)).status).toBe(404)
  const { body: made } = await face.call('POST', 'experiments/create', { name: 'iris' }, own)
  const { body } = await face.call('GET', 'runs/get', { run_id: id }, own)
  expect(body.run.info.experiment_id).toBe(made.experiment_id)
})

it('lets a step log into its run and into those that it begins', async () => {
  expect((await asStep('POST', 'runs/log-parameter', { run_id, key: 'rate', value: '0.1' })).status).toBe(200)
  const { body } = await asStep('POST', 'runs/create', { experiment_id: '0', run_name: 'child' })
  const child = body.run.info.run_id
  expect(body.run.data.tags).toContainEqual({ key: 'evenkeel.run', value: scope })
  expect((await asStep('POST', 'runs/set-tag', { run_id: child, key: 'a', value: 'b' })).status).toBe(200)
})

it('lets no step write to a run of another, or change experiments of people', async () => {
  const other = await tokenOf(randomUUID())
  const { body: theirs } = await face.call('POST', 'runs/create', { experiment_id: '0' }, other)
  const theirRun = theirs.run.info.run_id
  expect((await asStep('GET', 'runs/get', { run_id: theirRun })).status).toBe(200)
  for (const [path, message] of [
    ['runs/log-metric', { run_id: theirRun, key: 'm', value: 1, timestamp: 1 }],
    ['runs/log-batch', { run_id: theirRun, tags: [{ key: 'a', value: 'b' }] }],
    ['runs/delete', { run_uuid: theirRun, run_id: theirRun }],
    ['experiments/delete', { experiment_id: '0' }],
    ['registered-models/rename', { name: 'kept', new_name: 'lost' }],
    ['registered-models/delete', { name: 'kept' }],
    ['model-versions/delete', { name: 'kept', version: '1' }],
    ['traces/delete-traces', { experiment_id: '0', request_ids: ['tr-kept'] }],
  ] as const) {
    const { status, body } = await asStep(
      /^(registered-models|model-versions)\/delete$/.test(path) ? 'DELETE' : 'POST',
      path,
      message,
    )
    expect({ path, status, code: body.error_code }).toEqual({ path, status: 403, code: 'PERMISSION_DENIED' })
  }
})

it('knows no run that no step logs into', async () => {
  expect((await asStep('GET', 'runs/get', { run_id: 'a'.repeat(32) })).status).toBe(404)
})

it('lets a step write files of its own runs and models, and no others', async () => {
  const { body } = await asStep('GET', 'runs/get', { run_id })
  const own = `${body.run.info.experiment_id}/${run_id}/artifacts`
  const { body: made } = await asStep('POST', 'logged-models', { experiment_id: '0', source_run_id: run_id })
  const model = made.model.info.model_id
  const { body: theirs } = await face.call('POST', 'logged-models', { experiment_id: '0' })
  const put = async (path: string) => {
    const url = `${face.world.url}/api/2.0/mlflow-artifacts/artifacts/${path}`
    return (await fetch(url, { method: 'PUT', body: 'x', headers: { authorization: `Bearer ${token}` } })).status
  }
  expect(await put(`${own}/notes.txt`)).toBe(200)
  expect(await put(`0/models/${model}/artifacts/MLmodel`)).toBe(200)
  for (const path of [
    `0/models/${theirs.model.info.model_id}/artifacts/MLmodel`,
    `0/${'a'.repeat(32)}/artifacts/x`,
    'x',
  ]) {
    expect({ path, status: await put(path) }).toEqual({ path, status: path.includes('aaaa') ? 404 : 403 })
  }
  const url = `${face.world.url}/api/v1/files?path=x`
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/plain' }
  expect((await fetch(url, { method: 'PUT', body: 'x', headers })).status).toBe(403)
  expect((await fetch(url, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } })).status).toBe(403)
  const status = { status: 'LOGGED_MODEL_READY' }
  expect((await asStep('PATCH', `logged-models/${model}`, status)).status).toBe(200)
  expect((await asStep('PATCH', `logged-models/${theirs.model.info.model_id}`, status)).status).toBe(403)
})
