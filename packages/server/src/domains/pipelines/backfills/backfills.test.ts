import { createClient } from '@evenkeel/client'
import { backfills as endpoints, type DatasetVersion, type Run } from '@evenkeel/contract'
import { sql } from 'kysely'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { shell } from '../testing.ts'
import { createPipelines } from '../service.ts'
import { type BackfillsWorld, startBackfillsWorld } from './testing.ts'

let world: BackfillsWorld
let folder: string
beforeAll(async () => {
  world = await startBackfillsWorld()
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-backfills-'))
})
afterEach(() => {
  Object.assign(world.outside, { versions: [], clock: null })
})
afterAll(async () => {
  await world.stop()
  await rm(folder, { recursive: true })
})

const steps = (script: string, more: object = {}) => ({ steps: [shell('it', script, more)] as never })
const runOf = (runId: string | null): Promise<Run> => world.api.getRun({ params: { run: runId! } })
const linesOf = async (name: string) => (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n')
/** Waits while a file of this name lies in the folder. */
const heldBy = (name: string) => `while [ -e ${join(folder, name)} ]; do sleep 0.05; done`
const hold = (name: string) => writeFile(join(folder, name), '')
const release = (name: string) => rm(join(folder, name))

it('gives each run the bounds of its partition as params, variables and context, and says so in its reason', async () => {
  const log = join(folder, 'bounds')
  const script = `echo "$EVENKEEL_PARAM_FROM $EVENKEEL_PARAM_UNTIL $EVENKEEL_NOMINAL_START $EVENKEEL_NOMINAL_END" >> ${log}
    tr -d ' \\n' < "$EVENKEEL_CONTEXT" | grep -q '"nominal":{[^}]*"start":"'$EVENKEEL_NOMINAL_START'"'`
  const spec = { params: { from: '', until: '' }, ...steps(script, { params: ['from', 'until'] }) }
  const timeParams = { start: 'from', end: 'until' }
  const { id } = await world.backfill('bounds', spec, { timeParams, timezone: 'Europe/Berlin', to: '2025-03-02' })

  expect(await world.reach(id)).toMatchObject({ state: 'succeeded', counts: { succeeded: 2 }, version: 1 })
  const [first, second, third] = ['2025-02-28T23:00:00.000Z', '2025-03-01T23:00:00.000Z', '2025-03-02T23:00:00.000Z']
  expect((await linesOf('bounds')).toSorted()).toEqual([
    `${first} ${second} ${first} ${second}`,
    `${second} ${third} ${second} ${third}`,
  ])
  const [partition] = await world.partitions(id)
  expect(await runOf(partition!.runId)).toMatchObject({
    backfill: id,
    trigger: { kind: 'backfill', says: `Backfill ${id}: 2025-03-01 … 2025-03-02` },
  })
  const live = await world.api.startRun({ params: { pipeline: 'bounds' }, body: {} })
  expect(live.backfill).toBeUndefined()
  // Outside of a backfill there is no such variable.
  expect((await world.until(live.id)).state).toBe('failed')
})

it('runs as many at once as it may and no more, in the order that was asked for, and leaves out what has no data', async () => {
  const day = (date: string) => ({
    dataset: 'events',
    version: Number(date.slice(-2)),
    digest: `sha256:${'0'.repeat(64)}`,
    rowCount: 1,
    eventTimeMin: `${date}T01:00:00.000Z`,
    eventTimeMax: `${date}T02:00:00.000Z`,
    files: [],
  })
  world.outside.versions = ['2025-03-01', '2025-03-03', '2025-03-04'].map(day) as unknown as DatasetVersion[]
  const log = join(folder, 'order')
  const input = { from: 'dataset', dataset: 'events', start: 'since', end: 'till' }
  const script = `echo "$EVENKEEL_NOMINAL_START" >> ${log}`
  const wish = { to: '2025-03-04', order: 'newest', maxActive: 1 } as const
  const spec = steps(script, { inputs: { events: input } })
  await world.api.put({ params: { pipeline: 'order' }, body: spec })

  const plan = await world.backfills.plan({
    params: { pipeline: 'order' },
    body: { from: '2025-03-01', unit: 'day', code: 'current', ...wish },
  })
  expect(plan).toMatchObject({
    partitionCount: 4,
    timeParams: { start: 'since', end: 'till' },
    versions: [{ version: 1, partitions: 4 }],
    typicalDurationMs: null,
    sample: [
      { partition: '2025-03-04', run: 1, against: null },
      {},
      { against: expect.stringContaining('no accepted version') },
      {},
    ],
  })
  const { id } = await world.backfill('order', undefined, wish)

  expect(await world.reach(id)).toMatchObject({
    state: 'succeeded',
    says: 'Every partition is done. 1 had no data.',
    counts: { succeeded: 3, skipped: 1 },
  })
  expect((await linesOf('order')).map((line) => line.slice(0, 10))).toEqual(['2025-03-04', '2025-03-03', '2025-03-01'])
  expect((await world.partitions(id))[1]).toMatchObject({
    state: 'skipped',
    runId: null,
    tries: 0,
    reason: expect.stringContaining('no accepted version'),
  })
})

it('keeps to the code that was chosen, and shows it per partition before anything runs', async () => {
  const put = (script: string) => world.api.put({ params: { pipeline: 'code' }, body: steps(script) })
  await put('echo 1')
  await put('echo 2')
  const age = (version: number, date: string) =>
    sql`update pipelines.pipeline_version set created_at = ${date} where pipeline = 'code' and version = ${version}`
  await age(1, '2025-03-02').execute(world.platform.db)
  await age(2, '2025-03-03').execute(world.platform.db)
  await hold('code')
  const start = (code: string) => world.backfill('code', undefined, { code, to: '2025-03-04' })

  const made = [await start('version:1'), await start('current'), await start('as-of-run')]
  await put('echo 3')
  const versions = await Promise.all(
    made.map(async ({ id }) => (await world.partitions(id)).map(({ version }) => version)),
  )

  expect(versions).toEqual([
    [1, 1, 1, 1],
    [2, 2, 2, 2],
    [1, 1, 2, 2],
  ])
  expect(made.map(({ version }) => version)).toEqual([1, 2, null])
  const { id } = made[2]!
  await world.reach(id)
  const runs = await Promise.all((await world.partitions(id)).map(({ runId }) => runOf(runId)))
  expect(runs.map(({ pipelineVersion }) => pipelineVersion)).toEqual([1, 1, 2, 2])
  await expect(start('version:9')).rejects.toMatchObject({ code: 'pipelines.backfill_invalid' })
  await expect(start('registered')).rejects.toMatchObject({ status: 400 })
})

it('does not stop at a failed partition, and retries the failed ones alone', async () => {
  const log = join(folder, 'retried')
  await hold('broken')
  const script = `echo "$EVENKEEL_NOMINAL_START" >> ${log}
    case $EVENKEEL_NOMINAL_START in 2025-03-0[24]*) ! test -e ${join(folder, 'broken')};; esac`
  const { id } = await world.backfill('retried', steps(script), { to: '2025-03-06' })

  expect(await world.reach(id)).toMatchObject({ state: 'failed', counts: { succeeded: 4, failed: 2 } })
  const before = await world.partitions(id)
  expect(before[1]).toMatchObject({ state: 'failed', tries: 1, reason: expect.stringContaining('failed') })

  await release('broken')
  await world.backfills.retry({ params: { backfill: id }, body: { reason: 'mended' } })
  expect(await world.reach(id)).toMatchObject({ state: 'succeeded', counts: { succeeded: 6 } })
  const after = await world.partitions(id)
  expect(after.map(({ tries }) => tries)).toEqual([1, 2, 1, 2, 1, 1])
  const kept = (at: number) => after[at]!.runId === before[at]!.runId
  expect(after.map((_, at) => kept(at))).toEqual([true, false, true, false, true, true])
  expect(await linesOf('retried')).toHaveLength(8)
  await expect(world.backfills.retry({ params: { backfill: id }, body: {} })).rejects.toMatchObject({ status: 409 })
})

it('never makes a person or a trigger wait: they start at once, and a backfill only where a slot is left', async () => {
  const pipeline = await world.havePipeline(`[ -z "\${EVENKEEL_NOMINAL_START:-}" ] || { ${heldBy('busy')}; }`)
  await world.putTrigger(pipeline, { on: { kind: 'data', dataset: 'events' } })
  await hold('busy')
  const { id } = await world.backfill(pipeline, undefined, { to: '2025-03-10', maxActive: 50 })
  await world.reach(id, ({ counts }) => counts.running === 4)
  await world.tick()
  expect((await world.read(id)).counts).toMatchObject({ running: 4, pending: 6 })

  const live = await world.api.startRun({ params: { pipeline }, body: {} })
  expect((await world.until(live.id)).state).toBe('succeeded')
  await world.accept('events')
  const [firing] = await world.firings(pipeline)
  expect(firing).toMatchObject({ outcome: 'started' })
  expect((await world.until(firing!.runId!)).state).toBe('succeeded')
  expect((await world.read(id)).counts.running).toBe(4)

  expect((await world.api.get({ params: { pipeline } })).lastRun).toMatchObject({ id: firing!.runId! })

  // The other way round: while people use every slot, no run of a backfill starts.
  await world.backfills.pause({ params: { backfill: id }, body: {} })
  await hold('people')
  await release('busy')
  await world.reach(id, ({ counts }) => counts.running === 0)
  const people = await Promise.all([1, 2, 3, 4].map((n) => world.run(`person-${n}`, steps(heldBy('people')))))
  await world.backfills.resume({ params: { backfill: id }, body: {} })
  await world.tick()
  expect((await world.read(id)).counts).toMatchObject({ running: 0, succeeded: 4, pending: 6 })
  await release('people')
  for (const run of people) await world.until(run.id)
  expect((await world.reach(id)).state).toBe('succeeded')
})

it('starts nothing while it is paused, and gives up what is left when it is cancelled', async () => {
  await hold('paused')
  const { id } = await world.backfill('paused', steps(heldBy('paused')), { to: '2025-03-08', maxActive: 2 })
  await world.reach(id, ({ counts }) => counts.running === 2)
  await world.backfills.pause({ params: { backfill: id }, body: { reason: 'the disk is full' } })
  await release('paused')

  const paused = await world.reach(id, ({ counts }) => counts.running === 0)
  for (let count = 0; count < 3; count++) await world.tick()
  expect(paused).toMatchObject({ state: 'paused', says: 'Paused by local: the disk is full', eta: null })
  expect((await world.read(id)).counts).toMatchObject({ succeeded: 2, pending: 6 })
  await expect(world.backfills.pause({ params: { backfill: id }, body: {} })).rejects.toMatchObject({
    code: 'pipelines.backfill_wrong_state',
  })

  await hold('paused')
  await world.backfills.resume({ params: { backfill: id }, body: {} })
  await world.reach(id, ({ counts }) => counts.running === 2)
  await world.backfills.cancel({ params: { backfill: id }, body: {} })
  expect(await world.read(id)).toMatchObject({ state: 'cancelled', counts: { running: 2, cancelled: 4, succeeded: 2 } })
  await release('paused')
  expect((await world.reach(id, ({ counts }) => counts.running === 0)).counts).toMatchObject({ succeeded: 4 })
})

it('cancels its open runs too when it is asked to', async () => {
  await hold('cancelled')
  const { id } = await world.backfill('cancelled', steps(heldBy('cancelled')), { maxActive: 2 })
  await world.reach(id, ({ counts }) => counts.running === 2)
  await world.backfills.cancel({ params: { backfill: id }, body: { runs: true, reason: 'wrong month' } })

  const { counts } = await world.reach(id, (now) => now.counts.running === 0)
  expect(counts).toMatchObject({ cancelled: 3, running: 0 })
  const [partition] = await world.partitions(id)
  expect((await runOf(partition!.runId)).reason).toContain('wrong month')
  await release('cancelled')
})

it('never takes the result of one partition for another, and reuses that of the same one', async () => {
  const log = join(folder, 'reused')
  const spec = steps(`echo "$EVENKEEL_NOMINAL_START" >> ${log}`, { code: [] })
  const first = await world.backfill('reused', spec)
  await world.reach(first.id)
  const again = await world.backfill('reused', undefined)
  await world.reach(again.id)
  expect(await linesOf('reused')).toHaveLength(3)

  const anew = await world.backfill('reused', undefined, { cache: 'ignore' })
  await world.reach(anew.id)
  expect(await linesOf('reused')).toHaveLength(6)
  const body = { from: '2025-03-03', to: '2025-03-04', unit: 'day', code: 'current' } as const
  const plan = await world.backfills.plan({ params: { pipeline: 'reused' }, body })
  expect(plan.sample).toMatchObject([
    { reuse: 1, run: 0 },
    { reuse: 0, run: 1 },
  ])
  expect(plan.says[0]).toBe('All partitions were looked at: 1 of their steps would run, 1 would be reused.')
  expect(plan.estimateMs).toBeGreaterThan(0)
})

it('refuses what cannot be meant, and who may not', async () => {
  await world.api.put({ params: { pipeline: 'guarded' }, body: steps('true') })
  const refusal = (wish: object): Promise<unknown> => world.backfill('guarded', undefined, wish)
  const because = (why: string) => ({
    code: 'pipelines.backfill_invalid',
    details: { reason: expect.stringContaining(why) },
  })
  await expect(refusal({ to: '2025-02-01' })).rejects.toMatchObject(because('before it begins'))
  await expect(refusal({ from: '1900-01-01' })).rejects.toMatchObject(because('10000'))
  await expect(refusal({ timeParams: { start: 'since' } })).rejects.toMatchObject(because('"since"'))
  await world.api.put({
    params: { pipeline: 'daily' },
    body: { steps: [{ key: 'a', run: ['true'], params: ['day'] }] },
  })
  await expect(world.backfill('daily', undefined)).rejects.toMatchObject({
    code: 'pipelines.spec_invalid',
    why: expect.stringMatching(/no value for the param "day".*--start-param/),
  })
  await expect(refusal({ params: { sead: 1 } })).rejects.toMatchObject({ code: 'pipelines.spec_invalid' })
  await expect(refusal({ from: 'yesterday' })).rejects.toMatchObject({ status: 400 })
  await expect(world.backfill('nope', undefined)).rejects.toMatchObject({ code: 'pipelines.not_found' })
  await expect(world.read('nope')).rejects.toMatchObject({ code: 'pipelines.backfill_not_found' })
  const viewer = createClient(endpoints, await world.asRole('viewer'))
  const body = { from: '2025-03-01', to: '2025-03-02', unit: 'day', code: 'current' } as const
  await expect(viewer.create({ params: { pipeline: 'guarded' }, body })).rejects.toMatchObject({ status: 403 })
  expect((await viewer.list({ query: { pipeline: 'guarded' } })).items).toEqual([])
})

it('two servers that look at the same time start one run for each partition', async () => {
  const log = join(folder, 'twice')
  const other = createPipelines(world.deps)
  await other.start()
  const alarms = [world.pipelines, other].map(
    ({ backfills }) => backfills.jobs.find((job) => 'everySeconds' in job)! as { handle(): Promise<void> },
  )
  const { id } = await world.backfill('twice', steps(`echo "$EVENKEEL_NOMINAL_START" >> ${log}`), { to: '2025-03-20' })
  await vi.waitUntil(
    async () => {
      await Promise.all(alarms.flatMap((alarm) => [alarm.handle(), alarm.handle()]))
      return (await world.read(id)).state === 'succeeded'
    },
    { timeout: 30_000, interval: 20 },
  )
  await other.stop()

  expect(new Set(await linesOf('twice')).size).toBe(20)
  expect(await linesOf('twice')).toHaveLength(20)
  const { rows } = await sql<{
    count: number
  }>`select count(*) as count from pipelines.run where backfill_id = ${id}`.execute(world.platform.db)
  expect(rows).toEqual([{ count: 20 }])
})
