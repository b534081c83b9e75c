import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type Face, startFace } from '../mlflow/testing.ts'
import { ask, everythingOf, experimentName, fill, pointsOf, runCount, startImport } from './testing.ts'

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
  while ((await ask(target, 'POST', 'experiments/search', {})).experiments.length < 2) await delay(5)

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
      { name: experimentName, runs: 11, already: 0, params: 220 },
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
