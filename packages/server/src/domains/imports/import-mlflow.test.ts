import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type Face, startFace } from '../mlflow/testing.ts'
import { ask, everythingOf, putFile, startImport } from './testing.ts'

let source: Face
beforeAll(async () => {
  source = await startFace()
  await fill(source)
})
afterAll(() => source.world.stop())

async function emptyServer(): Promise<Face> {
  const target = await startFace()
  onTestFinished(() => target.world.stop())
  return target
}

const experimentName = 'Übung, "eins"'
const runCount = 12
const pointsOf = (key: string, count: number) =>
  Array.from({ length: count }, (_, step) => ({
    key,
    step: step === 0 ? '9007199254740993' : step,
    timestamp: 1_700_000_000_000 + step,
    value: step === 1 ? 'NaN' : step === 2 ? '-Infinity' : Math.sin(step),
  }))

/** What clients of MLflow leave: runs with long curves, files, a logged model, versions, aliases, a prompt, deleted runs. */
async function fill(face: Face): Promise<void> {
  const tags = [{ key: 'team', value: 'fraud 🙂' }]
  const { experiment_id } = await ask(face, 'POST', 'experiments/create', { name: experimentName, tags })
  for (let number = 0; number < runCount; number++) {
    const { run } = await ask(face, 'POST', 'runs/create', {
      experiment_id,
      user_id: 'ana',
      run_name: `run ${number}`,
      start_time: 1_700_000_000_000 + number,
      tags,
    })
    const { run_id, artifact_uri } = run.info
    const params = Array.from({ length: 20 }, (_, at) => ({ key: `p${at}`, value: `${at}` }))
    await ask(face, 'POST', 'runs/log-batch', { run_id, params, metrics: pointsOf('auc', 900) })
    await ask(face, 'POST', 'runs/log-batch', { run_id, metrics: pointsOf('loss/a b', 5) })
    const dataset = { name: 'flights', digest: `d${number}`, source_type: 'local', source: '{}', profile: '{"n":1}' }
    const inputs = [{ tags: [{ key: 'mlflow.data.context', value: 'train' }], dataset }]
    await ask(face, 'POST', 'runs/log-inputs', { run_id, datasets: inputs })
    await putFile(face, artifact_uri, 'empty', new Uint8Array())
    await putFile(face, artifact_uri, 'a%20b/ü.bin', new Uint8Array(200_000).fill(number))
    await ask(face, 'POST', 'runs/update', { run_id, status: 'FINISHED', end_time: 1_700_000_100_000 })
    if (number === 0) await addModels(face, experiment_id, run_id, artifact_uri)
    if (number === 1) await ask(face, 'POST', 'runs/delete', { run_id })
  }
}

async function addModels(face: Face, experiment_id: string, run_id: string, files: string): Promise<void> {
  const { model } = await ask(face, 'POST', 'logged-models', { experiment_id, name: 'm', source_run_id: run_id })
  const { model_id, artifact_uri } = model.info
  await putFile(face, artifact_uri, 'MLmodel', new TextEncoder().encode('flavors: {}'))
  await ask(face, 'POST', 'runs/outputs', { run_id, models: [{ model_id, step: 3 }] })
  const point = { key: 'f1', value: 0.5, timestamp: 1_700_000_000_000, step: 3, model_id }
  await ask(face, 'POST', 'runs/log-batch', { run_id, metrics: [point] })
  const name = "it's churn"
  await ask(face, 'POST', 'registered-models/create', { name, description: 'Who leaves.' })
  await ask(face, 'POST', 'model-versions/create', { name, source: `${files}/a b`, run_id })
  await ask(face, 'POST', 'model-versions/create', { name, source: 's3://bucket/gone' })
  await ask(face, 'DELETE', 'model-versions/delete', { name, version: '2' })
  await ask(face, 'POST', 'model-versions/create', { name, source: `models:/${model_id}`, model_id })
  await ask(face, 'POST', 'model-versions/create', { name, source: 's3://bucket/model' })
  await ask(face, 'POST', 'registered-models/alias', { name, alias: 'champion', version: '3' })
  await ask(face, 'POST', 'model-versions/transition-stage', { name, version: '1', stage: 'Staging' })
  const prompt = { key: 'mlflow.prompt.is_prompt', value: 'true' }
  await ask(face, 'POST', 'registered-models/create', { name: 'ask', tags: [prompt] })
  const text = { key: 'mlflow.prompt.text', value: 'Dear {{name}}' }
  await ask(face, 'POST', 'model-versions/create', { name: 'ask', source: 'dummy-source', tags: [prompt, text] })
}

const run = (from: Face, into: Face, ...args: string[]) => startImport(from.world.url, into.world.url, args).ended

it('brings everything with its ids and times, and brings nothing twice', async () => {
  const target = await emptyServer()

  const first = await run(source, target, '--deleted')
  const second = await run(source, target, '--deleted')

  expect(first).toMatchObject({ code: 0, stderr: '' })
  const { experiments, registry, elsewhere, same } = JSON.parse(first.stdout)
  expect(experiments).toContainEqual(
    expect.objectContaining({
      name: experimentName,
      there: { runs: 12, params: 240, points: 12 * 905 + 1, models: 1, files: 25, bytes: 12 * 200_000 + 11 },
    }),
  )
  expect(registry.here).toEqual({ models: 2, versions: 4, aliases: 1 })
  expect(elsewhere).toEqual([{ store: 's3', places: 1, example: 's3://bucket/model' }])
  expect(same).toBe(true)
  expect(second.stdout).toBe(first.stdout)
  expect(await everythingOf(target)).toEqual(await everythingOf(source))
})

it('goes on after it was killed at any moment, and what it brought is whole', async () => {
  const target = await emptyServer()
  const runsHere = async () => {
    const { experiments } = await ask(target, 'POST', 'experiments/search', {})
    const ids = experiments.map(({ experiment_id: id }: { experiment_id: string }) => id)
    return (await ask(target, 'POST', 'runs/search', { experiment_ids: ids })).runs.length as number
  }
  const atKill: number[] = []
  for (const wanted of [1, 5]) {
    const { child, ended } = startImport(source.world.url, target.world.url, ['--rate', '60'])
    while ((await runsHere()) < wanted) await delay(5)
    child.kill('SIGKILL')
    await ended
    atKill.push(await runsHere())
  }

  const last = await run(source, target)

  expect(Math.max(...atKill)).toBeLessThan(runCount - 1)
  expect(last).toMatchObject({ code: 0 })
  const [here, there] = [await everythingOf(target), await everythingOf(source)]
  const withoutDeleted = ({ found, ...rest }: typeof here) => {
    const { runs, ...experiment } = found[experimentName] as { runs: { info: { lifecycle_stage: string } }[] }
    return { ...rest, ...experiment, runs: runs.filter(({ info }) => info.lifecycle_stage === 'active') }
  }
  expect(withoutDeleted(here)).toEqual(withoutDeleted(there))
})

it('stops at a signal, and says how to go on', async () => {
  const target = await emptyServer()
  const { child, ended } = startImport(source.world.url, target.world.url, ['--rate', '5'])
  await delay(1500)

  child.kill('SIGINT')

  const { code, stderr } = await ended
  expect(code).toBe(130)
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'cli.stopped', fix: expect.stringContaining('goes on') } })
})

it('brings later points of a run that went on, and leaves what was deleted here', async () => {
  const [growing, target] = [await emptyServer(), await emptyServer()]
  const { run: begun } = await ask(growing, 'POST', 'runs/create', { experiment_id: '0', run_name: 'long' })
  const { run: unwanted } = await ask(growing, 'POST', 'runs/create', { experiment_id: '0', run_name: 'unwanted' })
  const run_id = begun.info.run_id
  await ask(growing, 'POST', 'runs/log-batch', { run_id, metrics: pointsOf('auc', 10) })
  await run(growing, target)
  await ask(growing, 'POST', 'runs/log-batch', { run_id, metrics: pointsOf('auc', 20) })
  await ask(target, 'POST', 'runs/delete', { run_id: unwanted.info.run_id })

  const { stdout } = await run(growing, target)

  const { metrics } = await ask(target, 'GET', 'metrics/get-history', { run_id, metric_key: 'auc' })
  expect(metrics).toHaveLength(20)
  expect(JSON.parse(stdout).notes).toEqual([`run ${unwanted.info.run_id} was deleted here, and stays deleted`])
  const kept = await ask(target, 'GET', 'runs/get', { run_id: unwanted.info.run_id })
  expect(kept.run.info.lifecycle_stage).toBe('deleted')
})

it('writes over nothing that was made here, and its exit code tells', async () => {
  const before = await everythingOf(source)

  const { code, stdout } = await run(source, source)

  expect(code).toBe(5)
  const { same, differences } = JSON.parse(stdout)
  expect(same).toBe(false)
  expect(differences).toContainEqual(
    expect.objectContaining({ why: expect.stringContaining('was made here, not imported') }),
  )
  expect(await everythingOf(source)).toEqual(before)
})

it('tells with --dry-run what would come, and writes nothing', async () => {
  const target = await emptyServer()

  const { code, stdout } = await run(source, target, '--dry-run')

  expect(code).toBe(0)
  const plan = JSON.parse(stdout)
  plan.experiments.sort((a: { runs: number }, b: { runs: number }) => b.runs - a.runs)
  expect(plan).toMatchObject({
    experiments: [
      { name: experimentName, runs: 11, hereAlready: 0, params: 220 },
      { name: 'Default', runs: 0 },
    ],
    registry: { models: 2, versions: 4, aliases: 1 },
  })
  expect((await ask(target, 'POST', 'experiments/search', {})).experiments).toHaveLength(1)
})

it('refuses secrets on the command line, sources that are none, and experiments that are not there', async () => {
  const into = source.world.url
  const codeOf = async (from: string, ...args: string[]) => {
    const { stderr } = await startImport(from, into, args).ended
    return JSON.parse(stderr).error.code
  }

  expect(await codeOf('http://ana:secret@127.0.0.1:1')).toBe('cli.bad_address')
  expect(await codeOf(into, '--token-env', 'NOT_SET_ANYWHERE')).toBe('cli.no_variable')
  expect(await codeOf(into, '--experiment', 'no such')).toBe('cli.no_experiment')
})

it('is for those who may administer the project', async () => {
  const target = await emptyServer()
  const { token } = await target.world.asRole('data_scientist')

  const answer = await fetch(`${target.world.url}/api/v1/imports/runs/states`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: '{"runs":[]}',
  })

  expect(answer.status).toBe(403)
})
