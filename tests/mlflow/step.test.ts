import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from '../../packages/client/src/index.ts'
import { pipelines } from '../../packages/contract/src/index.ts'
import { choosePlace, evenkeel, type Place, placeOptions, until } from '../faults/platform.ts'
import { missingModules, python } from './python.ts'

const missing = await missingModules('a step that logs', ['mlflow'])

let place: Place

beforeAll(async () => {
  place = await choosePlace()
  await evenkeel('up', '--detach', ...placeOptions(place))
})
afterAll(async () => {
  await evenkeel('down', '--folder', place.folder)
  await rm(place.folder, { recursive: true, force: true })
})

const mlflowApi = async (path: string, query: Readonly<Record<string, string>>) => {
  const response = await fetch(`${place.url}/api/2.0/mlflow/${path}?${new URLSearchParams(query)}`)
  return (await response.json()) as { run: { info: object; data: object }; files: { path: string }[] }
}

it.skipIf(missing.length > 0)('a step that logs with MLflow logs into a run of its own', async () => {
  const program = await promisify(execFile)(python, ['-c', 'import sys; print(sys.executable)'])
  const script = await readFile(new URL('scripts/in_a_step.py', import.meta.url), 'utf8')
  const api = createClient(pipelines, { baseUrl: place.url })
  const step = { key: 'train', run: [program.stdout.trim(), '-c', script], env: { GIT_PYTHON_REFRESH: 'quiet' } }
  await api.put({ params: { pipeline: 'logs' }, body: { steps: [step] } })
  const { id } = await api.startRun({ params: { pipeline: 'logs' }, body: {} })
  let state = ''
  await until('the run to end', async () => {
    state = (await api.getRun({ params: { run: id } })).state
    return state === 'succeeded' || state === 'failed'
  })
  const { text } = await api.readLog({ params: { run: id, step: 'train' }, query: {} })
  expect({ state, text }).toMatchObject({ state: 'succeeded' })

  const [, run_id] = /logged into (\w+)/.exec(text)!
  const { run } = await mlflowApi('runs/get', { run_id: run_id! })
  expect(run.info).toMatchObject({ run_name: 'train', status: 'FINISHED' })
  expect(run.data).toMatchObject({ params: [{ key: 'rate', value: '0.1' }], metrics: [{ key: 'auc', value: 0.73 }] })
  expect((await mlflowApi('artifacts/list', { run_id: run_id! })).files).toEqual([
    { path: 'notes.txt', is_dir: false, file_size: 5 },
  ])
})
