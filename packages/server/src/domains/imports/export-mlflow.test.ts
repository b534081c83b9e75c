import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type Face, startFace } from '../mlflow/testing.ts'
import { asItWas, startBetween } from './testing-exported.ts'
import { ask, everythingOf, experimentName, fill, pointsOf, runCount, startExport, startImport } from './testing.ts'

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

const run = (from: Face, into: Face | string, ...args: string[]) =>
  startExport(from.world.url, typeof into === 'string' ? into : into.world.url, args).ended

const runsIn = async (face: Face) => {
  const { experiments } = await ask(face, 'POST', 'experiments/search', { view_type: 'ALL' })
  const ids = experiments.map(({ experiment_id: id }: { experiment_id: string }) => id)
  return (await ask(face, 'POST', 'runs/search', { experiment_ids: ids, run_view_type: 'ALL' })).runs
}

it('sends everything, under new ids and the same numbers, and sends nothing twice', async () => {
  const target = await emptyServer()

  const first = await run(source, target, '--deleted')
  const exported = await everythingOf(target)
  const second = await run(source, target, '--deleted')

  expect(first).toMatchObject({ code: 0, stderr: '' })
  const { experiments, registry, elsewhere, same, differences } = JSON.parse(first.stdout)
  expect({ same, differences }).toEqual({ same: true, differences: [] })
  expect(experiments).toContainEqual(
    expect.objectContaining({
      name: experimentName,
      here: { runs: 12, params: 240, points: 12 * 905 + 1, models: 1, files: 25, bytes: 12 * 200_000 + 11 },
    }),
  )
  expect(registry.there).toEqual({ models: 2, versions: 4, aliases: 1 })
  expect(elsewhere).toEqual([])
  expect(second.stdout).toBe(first.stdout)
  expect(asItWas(exported)).toEqual(asItWas(await everythingOf(source)))
  expect(await everythingOf(target)).toEqual(exported)
})

it('goes on after it was killed, whatever had been heard by then, and makes nothing twice', async () => {
  const target = await emptyServer()
  let ended: { code: number | null; stdout: string } = { code: null, stdout: '' }
  const kills: number[] = []
  for (let requests = 5; ended.code === null; requests = Math.ceil(requests * 1.4)) {
    let left = requests
    const between = await startBetween(target.world.url, () => {
      left--
      if (left === 0) child.kill('SIGKILL')
      return left <= 0 ? 'unanswered' : 'answered'
    })
    const { child, ended: end } = startExport(source.world.url, between, ['--deleted'])
    ended = await end
    if (ended.code === null) kills.push((await runsIn(target)).length)
  }

  expect(ended).toMatchObject({ code: 0 })
  expect(kills.length).toBeGreaterThan(5)
  expect(await runsIn(target)).toHaveLength(runCount)
  expect(asItWas(await everythingOf(target))).toEqual(asItWas(await everythingOf(source)))
})

it('makes nothing twice when answers get lost', async () => {
  const target = await emptyServer()
  let count = 0
  const between = await startBetween(target.world.url, () => (++count % 4 === 0 ? 'unanswered' : 'answered'))

  const { code, stdout } = await run(source, between, '--deleted')

  expect(JSON.parse(stdout)).toMatchObject({ same: true, differences: [] })
  expect(code).toBe(0)
  expect(asItWas(await everythingOf(target))).toEqual(asItWas(await everythingOf(source)))
})

it('brings up to date what changed here, and leaves what was deleted or made there', async () => {
  const [here, target] = [await emptyServer(), await emptyServer()]
  const { run: begun } = await ask(here, 'POST', 'runs/create', { experiment_id: '0', run_name: 'long' })
  const { run: unwanted } = await ask(here, 'POST', 'runs/create', { experiment_id: '0', run_name: 'unwanted' })
  const run_id = begun.info.run_id
  await ask(here, 'POST', 'runs/log-batch', { run_id, metrics: pointsOf('auc', 10) })
  await ask(here, 'POST', 'registered-models/create', { name: 'churn' })
  await ask(target, 'POST', 'registered-models/create', { name: 'churn', description: 'Of somebody else.' })
  await ask(target, 'POST', 'runs/create', { experiment_id: '0', run_name: 'theirs' })
  await run(here, target)
  const exported = (await runsIn(target)).find(({ info }: { info: { run_name: string } }) => info.run_name === 'long')
  await ask(here, 'POST', 'runs/log-batch', { run_id, metrics: pointsOf('auc', 20), tags: [{ key: 'a', value: 'b' }] })
  await ask(here, 'POST', 'runs/update', { run_id, status: 'FINISHED', end_time: 1_900_000_000_000 })
  const gone = (await runsIn(target)).find(({ info }: { info: { run_name: string } }) => info.run_name === 'unwanted')
  await ask(target, 'POST', 'runs/delete', { run_id: gone.info.run_id })

  const { code, stdout } = await run(here, target)

  expect(code).toBe(5)
  const { notes, differences } = JSON.parse(stdout)
  expect(notes).toEqual([`run ${unwanted.info.run_id} was deleted there, and stays deleted`])
  expect(differences).toEqual([
    { what: 'model churn', why: expect.stringContaining('one of that name was made there') },
  ])
  const at = { run_id: exported.info.run_id }
  const { metrics } = await ask(target, 'GET', 'metrics/get-history', { ...at, metric_key: 'auc' })
  expect(metrics).toHaveLength(20)
  const kept = await ask(target, 'GET', 'runs/get', at)
  expect(kept.run.info).toMatchObject({ status: 'FINISHED', end_time: 1_900_000_000_000 })
  expect(await runsIn(target)).toHaveLength(3)
  const { registered_model: theirs } = await ask(target, 'GET', 'registered-models/get', { name: 'churn' })
  expect(theirs).toMatchObject({ description: 'Of somebody else.', tags: [] })
})

it('goes back to where it came from without a second run', async () => {
  const [origin, here] = [await emptyServer(), await emptyServer()]
  await ask(origin, 'POST', 'runs/create', { experiment_id: '0', run_name: 'old' })
  expect(await startImport(origin.world.url, here.world.url).ended).toMatchObject({ code: 0 })
  await ask(here, 'POST', 'runs/create', { experiment_id: '0', run_name: 'new' })

  const { code, stdout } = await run(here, origin)

  expect(code).toBe(0)
  expect(JSON.parse(stdout).notes).toContainEqual(expect.stringContaining('was there before it was here'))
  const names = (await runsIn(origin)).map(({ info }: { info: { run_name: string } }) => info.run_name)
  expect(names.toSorted()).toEqual(['new', 'old'])
})

it('sends files of logged models with their run to a server before MLflow 3', async () => {
  const target = await emptyServer()
  const between = await startBetween(target.world.url, (_method, path) =>
    /\/(?:logged-models|runs\/outputs)/.test(path) ? 'unknown' : 'answered',
  )

  const { code, stdout } = await run(source, between)

  expect(JSON.parse(stdout)).toMatchObject({ same: true, notes: [expect.stringContaining('older than MLflow 3')] })
  expect(code).toBe(0)
  const name = "it's churn"
  const { artifact_uri: uri } = await ask(target, 'GET', 'model-versions/get-download-uri', { name, version: '3' })
  const path = `${uri.replace(/^mlflow-artifacts:\/+/, '')}/MLmodel`
  const file = await fetch(`${target.world.url}/api/2.0/mlflow-artifacts/artifacts/${path}`)
  expect(await file.text()).toBe('flavors: {}')
})

it('tells with --dry-run what would go, and writes nothing', async () => {
  const target = await emptyServer()

  const { code, stdout } = await run(source, target, '--dry-run')

  expect(code).toBe(0)
  expect(JSON.parse(stdout).registry).toEqual({ models: 2, versions: 4, aliases: 1 })
  expect(await runsIn(target)).toEqual([])
})

it('says what is wrong with an address, and what to do', async () => {
  const refusal = async (...args: [string, ...string[]]) =>
    JSON.parse((await startExport(source.world.url, ...([args[0], args.slice(1)] as const)).ended).stderr).error

  expect(await refusal('http://ana:secret@127.0.0.1:1')).toMatchObject({ code: 'cli.bad_address' })
  expect(await refusal('http://127.0.0.1:1')).toMatchObject({ code: 'cli.target_unreachable' })
  expect(await refusal(source.world.url, '--experiment', 'no such')).toMatchObject({
    code: 'cli.no_experiment',
    message: 'Evenkeel has no experiment "no such"',
  })
})
