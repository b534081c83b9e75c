import { createClient } from '@evenkeel/client'
import { type DatasetVersion, type ModelVersion, type Reproduction, reproductions, type Run } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type PipelinesWorld, shell, startPipelinesWorld } from '../testing.ts'

let world: PipelinesWorld
beforeAll(async () => {
  world = await startPipelinesWorld()
}, 60_000)
afterAll(() => world.stop())

const digest = `sha256:${'1'.repeat(64)}`
const client = () => createClient(reproductions, world.clientOptions())

/** What the registry would know of a version that a run has made. */
function haveVersion(version: number, run: string | null, changes: object = {}): void {
  const lineage = { runId: run, featureViews: [], environment: { node: process.version }, ...changes }
  const found = { model: 'm', version, artifact: { digest, sizeBytes: 1, format: 'onnx' }, evaluation: null, lineage }
  world.outside.modelVersions.set(version, found as unknown as ModelVersion)
}

const start = (version: number, body: { without?: string[] } = {}): Promise<Reproduction> =>
  client().start({ params: { model: 'm', version }, body })
const get = (reproduction: string) => client().get({ params: { reproduction } })

/** @returns the steps that ran by themselves */
const ranIn = ({ steps }: Run) => steps.flatMap(({ key, attempts }) => (attempts.length > 0 ? [key] : []))

const print = (key: string, script: string, more: object = {}) => shell(key, script, { code: [], ...more })

it('tells each step what the first run told it, with the same seed', async () => {
  const says = 'echo "seed=$EVENKEEL_SEED" >> $EVENKEEL_OUTPUT; echo "of=${EVENKEEL_REPRODUCES:-}" >> $EVENKEEL_OUTPUT'
  const asked = print('asked', 'true', { when: { condition: "trigger.kind == 'webhook'" } })
  await world.api.put({ params: { pipeline: 'seeded' }, body: { steps: [print('say', says), asked] as never } })
  const trigger = { kind: 'webhook', says: 'A file came.', eventTime: null } as const
  const { id } = await world.api.startRun({ params: { pipeline: 'seeded' }, body: { trigger } })
  const first = await world.until(id)
  haveVersion(1, id)
  const again = await world.until((await start(1)).id)

  const seed = first.steps[0]!.values['seed']
  expect(Number(seed)).toBe(first.seed)
  expect(again.steps[0]!.values).toEqual({ seed, of: id })
  expect(again.steps[1]).toMatchObject({ key: 'asked', state: 'succeeded' })
  expect(again.trigger).toMatchObject({ kind: 'request', says: expect.stringContaining('version 1 of "m" again') })
  // Another run of the pipeline has the same seed, or nothing could ever be reused.
  expect((await world.run('seeded', { steps: [print('say', says), asked] as never })).seed).toBe(first.seed)
})

it('runs every step again, leaves nothing for others, and is heard by no trigger', async () => {
  await world.api.put({ params: { pipeline: 'heard' }, body: { steps: [shell('a', 'true')] as never } })
  const on = { kind: 'pipeline', pipeline: 'quiet', state: 'succeeded' } as const
  await world.api.putTrigger({ params: { pipeline: 'heard', trigger: 'after' }, body: { on } })
  const make = print('make', 'date +%N > "$EVENKEEL_OUTPUT_X"', { outputs: ['x'] })
  const first = await world.until((await world.run('quiet', { steps: [make] as never })).id)
  const firings = async () => (await world.api.listFirings({ params: { pipeline: 'heard' }, query: {} })).items.length
  await vi.waitUntil(async () => (await firings()) === 1, 30_000)
  haveVersion(2, first.id)

  const again = await world.until((await start(2)).id)
  const later = await world.until((await world.run('quiet', { steps: [make] as never })).id)

  expect(ranIn(again)).toContain('make')
  expect(later.steps[0]).toMatchObject({ state: 'cached', cache: { fromRun: first.id } })
  await vi.waitUntil(async () => (await firings()) === 2, 30_000)
  const found = await world.api.listFirings({ params: { pipeline: 'heard' }, query: {} })
  expect(found.items.map(({ evidence }) => evidence['runId'])).toEqual([later.id, first.id])
  expect((await world.api.get({ params: { pipeline: 'quiet' } })).lastRun?.id).toBe(later.id)
})

it('compares what came of steps that failed, and says where first', async () => {
  const script = '[ -z "${EVENKEEL_REPRODUCES:-}" ] || exit 3'
  const steps = [
    print('fine', 'true'),
    print('falls', script, { needs: ['fine'] }),
    print('last', 'true', { needs: ['falls'] }),
  ]
  const first = await world.until((await world.run('falls', { steps: steps as never })).id)
  haveVersion(3, first.id)
  const { id } = await start(3)
  await world.until(id)

  const found = await get(id)
  expect(found.steps).toMatchObject([
    { step: 'fine', sameness: 'identical' },
    { step: 'falls', sameness: 'differs', says: expect.stringContaining('It succeeded then, and failed now: ') },
    { step: 'last', sameness: 'differs' },
  ])
})

it('can be cancelled, and has no verdict then', async () => {
  const script = '[ -z "${EVENKEEL_REPRODUCES:-}" ] || sleep 60'
  const first = await world.until((await world.run('slow', { steps: [print('wait', script)] as never })).id)
  haveVersion(4, first.id)
  const { id } = await start(4)
  await world.until(id, ['running'])
  expect(await get(id)).toMatchObject({ verdict: null, steps: [{ step: 'wait', sameness: 'pending' }] })
  await world.api.cancelRun({ params: { run: id }, body: { reason: 'Enough.' } })
  const ended = await world.until(id)

  expect(ended).toMatchObject({ state: 'cancelled' })
  expect(await get(id)).toMatchObject({ verdict: null, state: 'cancelled', says: expect.stringContaining('Enough.') })
  const { items } = await client().list({ params: { model: 'm' }, query: { version: 4 } })
  expect(items).toMatchObject([{ id, version: 4, verdict: null }])
})

it('names all that is missing, and starts nothing', async () => {
  const data = await haveDataset('events', 'x')
  world.outside.versions = [data]
  const code = await world.platform.blobs.put(Buffer.from('echo'))
  const step = shell('read', 'true', {
    inputs: { data: { from: 'dataset-version', dataset: 'events', version: 1 } },
    code: [{ path: 'run.sh', digest: code.digest, executable: false }],
  })
  const first = await world.until((await world.run('reads', { steps: [step] as never })).id)
  haveVersion(5, first.id, { featureViews: [{ view: 'recent', version: 2 }] })
  const runs = async () => (await world.api.listRuns({ query: { pipeline: 'reads' } })).items.length
  world.outside.versions = []
  await world.platform.blobs.delete(code.digest)

  await expect(start(5)).rejects.toMatchObject({
    status: 422,
    code: 'pipelines.not_reproducible',
    details: {
      missing: [
        'The dataset version events@1 is not there any more.',
        `The file "run.sh" of the step "read" (${code.digest}) is no longer stored.`,
        'The feature view "recent" was version 2, and it is not there any more; define it as it was then.',
      ],
    },
  })
  world.outside.versions = [data]
  await world.platform.blobs.delete(data.digest)
  await expect(start(5)).rejects.toMatchObject({ why: expect.stringContaining('events@1 has lost its file') })
  expect(await runs()).toBe(1)
})

it('refuses what no run has made, and to leave out what is not there', async () => {
  haveVersion(6, null)
  haveVersion(7, 'gone')
  await expect(start(6)).rejects.toMatchObject({ why: expect.stringContaining('It was made elsewhere') })
  await expect(start(7)).rejects.toMatchObject({ why: expect.stringContaining('The run gone that made it') })
  await expect(start(1, { without: ['nothing'] })).rejects.toMatchObject({
    why: 'The run has no step "nothing" to leave out.',
  })
  await expect(get('nothing')).rejects.toMatchObject({ status: 404, code: 'pipelines.reproduction_not_found' })
})

async function haveDataset(dataset: string, content: string): Promise<DatasetVersion> {
  const { digest: file, sizeBytes } = await world.platform.blobs.put(Buffer.from(content))
  return {
    dataset,
    version: 1,
    digest: file,
    state: 'accepted',
    rowCount: 1,
    sizeBytes,
    columns: [],
    files: [{ path: 'events.parquet', digest: file, sizeBytes }],
    eventTimeMin: '2001-01-01T00:00:00.000Z',
    eventTimeMax: '2001-01-31T00:00:00.000Z',
    note: '',
    contractVersion: null,
    checks: [],
    createdAt: '2026-11-21T00:00:00.000Z',
    createdBy: 'test',
  }
}
