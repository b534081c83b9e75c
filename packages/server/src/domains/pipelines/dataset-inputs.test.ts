import type { DatasetVersion } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type PipelinesWorld, shell, startPipelinesWorld } from './testing.ts'

let world: PipelinesWorld
beforeAll(async () => {
  world = await startPipelinesWorld()
}, 60_000)
afterAll(() => world.stop())

const blob = (digest: string) => world.platform.blobs.bytes(digest).then(String)

const readLog = async (run: string, key: string) => {
  const { text } = await world.api.readLog({ params: { run, step: key }, query: {} })
  return text
}

async function haveDataset(content: string): Promise<DatasetVersion> {
  const { digest, sizeBytes } = await world.platform.blobs.put(Buffer.from(content))
  return {
    dataset: 'events',
    version: 1,
    digest,
    state: 'accepted',
    rowCount: 1,
    sizeBytes,
    columns: [],
    files: [{ path: 'events.parquet', digest, sizeBytes }],
    eventTimeMin: '2001-01-01T00:00:00.000Z',
    eventTimeMax: '2001-01-31T00:00:00.000Z',
    note: '',
    contractVersion: null,
    checks: [],
    createdAt: '2026-11-21T00:00:00.000Z',
    createdBy: 'test',
  }
}

it('pins the dataset versions of the span and places their files', async () => {
  world.outside.versions = [await haveDataset('january')]
  const input = { from: 'dataset', dataset: 'events', start: 'from', end: 'until' }
  const read = shell('read', 'cat "$EVENKEEL_INPUT_DATA"/0.parquet; rm "$EVENKEEL_INPUT_DATA"/0.parquet', {
    inputs: { data: input },
  })
  const span = { from: '2001-01-01T00:00:00Z', until: '2001-02-01T00:00:00Z' }
  const { id } = await world.run('reads', { steps: [read] as never }, span)

  expect(await world.until(id)).toMatchObject({ state: 'succeeded' })
  expect(await readLog(id, 'read')).toBe('january')
  // What the step did to its link did nothing to what is stored.
  expect(await blob(world.outside.versions[0]!.digest)).toBe('january')

  const empty = world.api.startRun({
    params: { pipeline: 'reads' },
    body: { params: { from: '2002-01-01T00:00:00Z', until: '2002-02-01T00:00:00Z' } },
  })
  await expect(empty).rejects.toMatchObject({ status: 422, code: 'pipelines.no_data', details: { dataset: 'events' } })
  const unset = world.api.startRun({ params: { pipeline: 'reads' }, body: { params: { from: span.from } } })
  await expect(unset).rejects.toMatchObject({ code: 'pipelines.spec_invalid', details: { step: 'read' } })
})

it('pins a dataset version by number, by a param or as the newest accepted one', async () => {
  const [first, second] = [await haveDataset('first'), await haveDataset('second')]
  world.outside.versions = [
    { ...first, dataset: 'places', version: 1 },
    { ...second, dataset: 'places', version: 2 },
    { ...second, dataset: 'places', version: 3, state: 'refused' },
  ]
  const from = (version: unknown) => ({ from: 'dataset-version', dataset: 'places', version })
  const read = (version: unknown) =>
    shell('read', 'cat "$EVENKEEL_INPUT_DATA"/*', { inputs: { data: from(version) as never } })
  const readWith = async (pipeline: string, version: unknown, params = {}) => {
    const { id } = await world.run(pipeline, { steps: [read(version)] as never }, params)
    expect(await world.until(id)).toMatchObject({ state: 'succeeded' })
    return readLog(id, 'read')
  }

  expect(await readWith('fixed', 1)).toBe('first')
  expect(await readWith('newest', 'latest')).toBe('second')
  expect(await readWith('chosen', { param: 'places' }, { places: 1 })).toBe('first')
  const start = (version: unknown) =>
    world.api.startRun({ params: { pipeline: 'chosen' }, body: { params: { places: version } as never } })
  await expect(start(3)).rejects.toMatchObject({ status: 422, code: 'pipelines.no_dataset_version' })
  await expect(start(9)).rejects.toMatchObject({ details: { dataset: 'places', version: 9 } })
  await expect(start('newest')).rejects.toMatchObject({ code: 'pipelines.spec_invalid' })
})
