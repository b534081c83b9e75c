import type { PipelineSpec, Run } from '@evenkeel/contract'
import { sql } from 'kysely'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createPipelines } from './service.ts'
import { type PipelinesWorld, shell, startPipelinesWorld } from './testing.ts'

let world: PipelinesWorld
beforeAll(async () => {
  world = await startPipelinesWorld()
}, 60_000)
afterAll(() => world.stop())

const patience = { timeout: 20_000, interval: 50 }
const step = ({ steps }: Run, key: string) => steps.find((candidate) => candidate.key === key)!
const read = (run: string) => world.api.getRun({ params: { run } })
const start = (pipeline: string, priority = 0) => world.api.startRun({ params: { pipeline }, body: { priority } })
const write = (pipeline: string, spec: Partial<PipelineSpec>) =>
  world.api.put({ params: { pipeline }, body: { steps: [], ...spec } })
const logOf = async (run: string, key: string) =>
  (await world.api.readLog({ params: { run, step: key }, query: {} })).text.trim()
const slots = async (wanted: Record<string, number>) => world.api.putSlots({ body: { slots: wanted } })

/** Until the run says that it waits. */
async function untilItWaits(run: string, says: string): Promise<Run> {
  await vi.waitUntil(async () => (await read(run)).reason?.includes(says), patience)
  return read(run)
}

/** A step that goes on until the test lets it, and says so at once. */
const held = (key: string, more: object = {}) =>
  shell(key, 'echo here; until test -e "$EVENKEEL_PARAM_DOOR"; do sleep 0.05; done', { params: ['door'], ...more })

/** Has a door, and a run of a step behind it. */
async function haveHeld(pipeline: string, spec: Partial<PipelineSpec> = {}, more: object = {}) {
  const door = join(world.deps.folder, `door-${pipeline}`)
  await write(pipeline, { params: { door }, ...spec, steps: [held('train', more)] as never })
  const { id } = await start(pipeline)
  const open = () => writeFile(door, '')
  return { id, open }
}

const untilHere = (run: string) => vi.waitUntil(async () => (await logOf(run, 'train')) === 'here', patience)

const group = (whenBusy: 'queue' | 'skip' | 'replace' | 'cancel_running') => ({
  concurrency: { group: whenBusy, limit: 1, whenBusy },
})

it('lets runs of one group follow one another, across pipelines, and says for whom the next one waits', async () => {
  const first = await haveHeld('queue-a', group('queue'))
  await untilHere(first.id)
  await write('queue-b', { ...group('queue'), steps: [shell('train', 'true')] as never })
  const usual = await start('queue-b')
  const urgent = await start('queue-b', 10)

  const waiting = await untilItWaits(usual.id, first.id)
  expect(waiting).toMatchObject({ state: 'queued', startedAt: null, priority: 0 })
  expect((await untilItWaits(urgent.id, first.id)).reason).toBe(
    `Waits for a place in the group "queue": held by the run ${first.id}.`,
  )
  await first.open()

  const [a, b, c] = [await world.until(first.id), await world.until(urgent.id), await world.until(usual.id)]
  expect([a.state, b.state, c.state]).toEqual(['succeeded', 'succeeded', 'succeeded'])
  expect(Date.parse(b.startedAt!)).toBeGreaterThanOrEqual(Date.parse(a.endedAt!))
  expect(Date.parse(c.startedAt!)).toBeGreaterThanOrEqual(Date.parse(b.endedAt!))
})

it('gives no place twice, and stops over nothing, while two servers look at the same runs', async () => {
  const other = createPipelines({ ...world.deps, folder: join(world.deps.folder, 'other') })
  await other.start()
  await slots({ pair: 2 })
  const file = join(world.deps.folder, 'places')
  const at =
    'echo "+ $EVENKEEL_STEP" >> "$EVENKEEL_PARAM_FILE"; sleep 0.05; echo "- $EVENKEEL_STEP" >> "$EVENKEEL_PARAM_FILE"'
  const claim = { params: ['file'], resources: { slots: { pair: 1 } }, concurrency: { group: 'one', limit: 1 } }
  const steps = ['a', 'b'].map((key) => shell(key, at, claim)) as never
  await write('crowd', { params: { file }, concurrency: { group: 'few', limit: 2, whenBusy: 'queue' }, steps })
  const runs = await Promise.all(Array.from({ length: 4 }, (_, at) => start('crowd', at % 3)))
  const wakes = [world.pipelines, other].map(({ jobs }) => jobs.find(({ name }) => name === 'pipelines.wake')!)

  // Both look at all of them again and again; one that cannot take its locks would throw.
  const lookAtAll = () =>
    Promise.all(wakes.flatMap((job) => runs.map(({ id }) => job.handle({ runId: id } as never, id))))
  const open = async () => (await Promise.all(runs.map(({ id }) => read(id)))).filter(({ endedAt }) => endedAt === null)
  for (let turn = 0; turn < 400 && (await open()).length > 0; turn++) {
    await lookAtAll()
    await delay(50)
  }

  const ended = await Promise.all(runs.map(({ id }) => world.until(id)))
  expect(new Set(ended.map(({ state }) => state))).toEqual(new Set(['succeeded']))
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  expect(lines).toHaveLength(4 * 2 * 2)
  expect(lines.filter((line, at) => line[0] !== '+-'[at % 2])).toEqual([])
  await slots({ pair: 0 })
  await other.stop()
}, 60_000)

it('starts nothing where a run is not to wait, and runs nothing of it', async () => {
  const first = await haveHeld('skips', group('skip'))
  await untilHere(first.id)
  const second = await world.until((await start('skips')).id)

  expect(second).toMatchObject({
    state: 'cancelled',
    reason: `Not started, because it does not wait for a place in the group "skip": held by the run ${first.id}.`,
    startedAt: null,
    steps: [{ state: 'cancelled', attempts: [] }],
  })
  await first.open()
  expect((await world.until(first.id)).state).toBe('succeeded')
})

it('keeps only the newest of those that wait', async () => {
  const first = await haveHeld('replaces', group('replace'))
  await untilHere(first.id)
  const second = await start('replaces')
  await untilItWaits(second.id, first.id)
  const third = await start('replaces')

  expect(await world.until(second.id)).toMatchObject({
    state: 'cancelled',
    reason: `The newer run ${third.id} waits in its place in the group "replace".`,
  })
  expect((await read(third.id)).state).toBe('queued')
  await first.open()
  expect((await world.until(third.id)).state).toBe('succeeded')
  expect((await read(first.id)).state).toBe('succeeded')
})

it('cancels what runs for the newest, where that is asked for', async () => {
  const first = await haveHeld('cancels', group('cancel_running'))
  await untilHere(first.id)
  const second = await start('cancels')

  expect(await world.until(first.id)).toMatchObject({
    state: 'cancelled',
    reason: `The newer run ${second.id} took its place.`,
  })
  await first.open()
  expect((await world.until(second.id)).state).toBe('succeeded')
})

it('ends a run that takes longer than its timeout as failed, and still tidies up', async () => {
  const { id } = await world.run('slow', {
    timeoutSeconds: 1,
    steps: [shell('work', 'sleep 60'), shell('tidy', 'echo tidied', { needs: ['work'], when: 'always' })] as never,
  })
  const run = await world.until(id)

  const reason = 'The run took longer than its timeout of 1s.'
  expect(run).toMatchObject({ state: 'failed', reason })
  expect(step(run, 'work')).toMatchObject({ state: 'cancelled', reason, attempts: [{ outcome: 'cancelled' }] })
  expect(await logOf(id, 'tidy')).toBe('tidied')
})

it('stops a command within seconds of its last heartbeat, and leaves one alone that keeps it', async () => {
  const more = { heartbeatSeconds: 1, graceSeconds: 1, retryOn: ['exit'] }
  const { id } = await world.run('beats', {
    steps: [
      shell('dead', 'touch "$EVENKEEL_HEARTBEAT"; sleep 60', more),
      shell('alive', 'for i in 1 2 3 4 5 6 7 8; do touch "$EVENKEEL_HEARTBEAT"; sleep 0.3; done', more),
      shell('free', 'sleep 2.5'),
    ] as never,
  })
  const run = await world.until(id)

  const [dead] = step(run, 'dead').attempts
  expect(dead).toMatchObject({
    state: 'failed',
    outcome: 'stalled',
    reason: 'It was silent for longer than its heartbeat allows and was stopped.',
  })
  expect(Date.parse(dead!.endedAt!) - Date.parse(dead!.startedAt!)).toBeLessThan(8000)
  expect([step(run, 'alive').state, step(run, 'free').state]).toEqual(['succeeded', 'succeeded'])
})

const needs = (matlab: number, more: object = {}) => ({ resources: { slots: { matlab } }, ...more })

it('refuses a step that asks for more of a slot than there is, and says what to do', async () => {
  const reason = (there: string) =>
    `It asks for 2 of the slot "matlab", and ${there}; say how many there are with "evenkeel slots set matlab 2", or ask for less.`
  const refusal = (there: string) => ({ code: 'pipelines.spec_invalid', details: { step: 'a', reason: reason(there) } })
  const spec = { steps: [shell('a', 'true', needs(2))] as never }

  await expect(write('greedy', spec)).rejects.toMatchObject(refusal('this project has not declared it'))
  await slots({ matlab: 2 })
  await write('greedy', spec)
  await slots({ matlab: 1 })
  await expect(start('greedy')).rejects.toMatchObject(refusal('this project has 1'))
})

it('gives a slot to the next in line when its job is killed, and to nobody before', async () => {
  await slots({ matlab: 1 })
  const first = await haveHeld('holds', {}, needs(1))
  await untilHere(first.id)
  const second = await haveHeld('wants', {}, needs(1))
  const waiting = await untilItWaits(second.id, first.id)
  expect(waiting).toMatchObject({ state: 'waiting', steps: [{ state: 'waiting', attempts: [] }] })
  expect(waiting.reason).toBe(`Waits for the slot "matlab": held by the step "train" of the run ${first.id}.`)
  const listed = (run: string) => [{ run, step: 'train', count: 1 }]
  const { items } = await world.api.listSlots()
  expect(items).toEqual([{ name: 'matlab', capacity: 1, heldBy: listed(first.id), waiting: listed(second.id) }])

  const { externalId } = step(await read(first.id), 'train').attempts[0]!
  const pid = await readFile(join(world.deps.folder, 'pipelines/attempts', externalId, 'control/pid'), 'utf8')
  process.kill(-Number.parseInt(pid), 'SIGKILL')

  await untilHere(second.id)
  await second.open()
  await first.open()
  const [lost, done] = [await world.until(first.id), await world.until(second.id)]
  expect([lost.state, done.state]).toEqual(['succeeded', 'succeeded'])
  const [gone, again] = step(lost, 'train').attempts
  const [taken] = step(done, 'train').attempts
  expect(gone!.outcome).toBe('lost')
  expect(Date.parse(taken!.submittedAt!)).toBeGreaterThanOrEqual(Date.parse(gone!.endedAt!))
  expect(Date.parse(again!.submittedAt!)).toBeGreaterThanOrEqual(Date.parse(taken!.endedAt!))
})

it('wakes those who wait when there is more, though every alarm was lost', async () => {
  await slots({ licence: 1 })
  const claim = { resources: { slots: { licence: 1 } } }
  const [first, second] = [await haveHeld('more-a', {}, claim), await haveHeld('more-b', {}, claim)]
  await untilHere(first.id)
  await untilItWaits(second.id, first.id)

  await slots({ licence: 2 })
  await untilHere(second.id)
  const third = await haveHeld('more-c', {}, claim)
  await untilItWaits(third.id, first.id)
  // Whoever should have woken the third one is dead; the sweep finds it.
  await sql`update pipelines.slot set capacity = 3 where name = 'licence'`.execute(world.deps.db)
  await sql`update pipelines.run set looked_at = now() - interval '2 minutes' where id = ${third.id}`.execute(
    world.deps.db,
  )
  await world.pipelines.jobs.find(({ name }) => name === 'pipelines.sweep')!.handle(undefined as never, '')
  await untilHere(third.id)

  for (const { id, open } of [first, second, third]) {
    await open()
    expect((await world.until(id)).state).toBe('succeeded')
  }
})

it('gives each step GPUs of its own, and shows none to a step that asked for none', async () => {
  await slots({ gpu: 3 })
  const say = 'echo "[$CUDA_VISIBLE_DEVICES]"'
  const door = join(world.deps.folder, 'door-gpu')
  const gpu = (count: number) => ({ resources: { gpu: count } })
  const hold = `${say}; until test -e '${door}'; do sleep 0.05; done`
  await write('gpus', { steps: [shell('a', hold, gpu(1)), shell('b', hold, gpu(2)), shell('c', say)] as never })
  const { id } = await start('gpus')

  await vi.waitUntil(async () => (await logOf(id, 'a')) !== '' && (await logOf(id, 'b')) !== '', patience)
  await writeFile(door, '')
  await world.until(id)

  expect([await logOf(id, 'a'), await logOf(id, 'b'), await logOf(id, 'c')]).toEqual(['[0]', '[1,2]', '[]'])
})

it('keeps steps of a group apart, and writes down who changed a slot', async () => {
  const at = 'date +%s%N; sleep 0.3; date +%s%N'
  const db = { concurrency: { group: 'db', limit: 1 } }
  const { id } = await world.run('db', { steps: [shell('a', at, db), shell('b', at, db)] as never })
  expect((await world.until(id)).state).toBe('succeeded')

  const [a, b] = [(await logOf(id, 'a')).split('\n').map(BigInt), (await logOf(id, 'b')).split('\n').map(BigInt)]
  expect(a[1]! <= b[0]! || b[1]! <= a[0]!).toBe(true)
  await slots({ oracle: 2 })
  await slots({ oracle: 0 })
  const { rows } = await sql<{ before: object; after: object }>`
    select before, after from platform.audit_entry where action = 'pipelines.put_slot' and subject = 'oracle' order by position
  `.execute(world.deps.db)
  expect(rows).toEqual([
    { before: { capacity: 0 }, after: { capacity: 2 } },
    { before: { capacity: 2 }, after: { capacity: 0 } },
  ])
})

it('lets what is only tried out wait for no group, which somebody may hold for days', async () => {
  const holder = await haveHeld('queue-held', group('queue'))
  await untilHere(holder.id)
  await write('queue-tried', { ...group('queue'), steps: [shell('a', 'true')] as never })

  const trial = await world.api.startRun({
    params: { pipeline: 'queue-tried' },
    body: { environment: 'ci', scope: 'pr-1' },
  })
  const usual = await start('queue-tried')

  expect(await world.until(trial.id)).toMatchObject({ state: 'succeeded' })
  expect((await untilItWaits(usual.id, holder.id)).state).toBe('queued')
  await holder.open()
  expect(await world.until(usual.id)).toMatchObject({ state: 'succeeded' })
})
