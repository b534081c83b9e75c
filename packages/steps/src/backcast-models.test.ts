import { createRequire } from 'node:module'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Backcast } from './lib/backcast.ts'
import { TrainingSchema } from './lib/schema.ts'
import { scoreInThread } from './lib/score-in-thread.ts'
import { openTables, parquet, type Tables } from './lib/tables.ts'
import { readTrainingColumns } from './lib/training-columns.ts'
import { type ControlPlane, startControlPlane } from './testing/control-plane.ts'
import { runStepProcess, type StepAsk, type StepRun } from './testing/run-step.ts'

const source = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/flights-3m.parquet')
const features = ['hour = hour(date) + minute(date) / 60.0', 'distance', 'origin']
const trainRowLimit = 20_000

let folder: string
let tables: Tables
let plane: ControlPlane
let built: StepRun

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-backcast-'))
  tables = await openTables()
  plane = await startControlPlane()
  built = await build({ trainRowLimit, features })
  plane.haveVersion(await train(built, { treeCount: 30 }))
  plane.haveVersion(await train(built, { treeCount: 2 }))
  plane.haveVersion(
    await train(await build({ trainRowLimit, features: [...features, 'destination'] }), { treeCount: 1 }),
  )
}, 60_000)
afterAll(async () => {
  tables.close()
  await plane.stop()
  await rm(folder, { recursive: true })
})

/** February 2001, real flights. */
async function build(params: StepAsk['params']): Promise<StepRun> {
  const month = join(folder, 'february.parquet')
  await tables.run(`COPY (SELECT * FROM read_parquet('${source}')
    WHERE date >= TIMESTAMP '2001-02-01' AND date < TIMESTAMP '2001-03-01') TO '${month}' (FORMAT parquet)`)
  const span = { trainFrom: '2001-02-01T00:00:00Z', trainUntil: '2001-03-01T00:00:00Z' }
  return succeed(
    runStepProcess('build-training-set', {
      params: { label: 'delay > 15', eventTimeColumn: 'date', ...span, ...params },
      data: [month],
      outputs: ['train', 'holdout', 'schema'],
      url: plane.url,
    }),
  )
}

async function train({ output }: StepRun, params: StepAsk['params']): Promise<Buffer> {
  const trained = await succeed(
    runStepProcess('train-trees', {
      params: { leafCount: 15, ...params },
      files: { train: output('train'), schema: output('schema') },
      outputs: ['model', 'golden', 'baselines', 'training'],
      model: 'late',
    }),
  )
  return readFile(trained.output('model'))
}

const backcast = (params: StepAsk['params']): Promise<StepRun> =>
  runStepProcess('backcast-models', {
    params: { model: 'late', ...params },
    files: { rows: built.output('train'), schema: built.output('schema') },
    outputs: ['backcast'],
    url: plane.url,
  })

async function succeed(step: Promise<StepRun>): Promise<StepRun> {
  const done = await step
  expect(done.log, 'log').not.toContain('Error')
  expect(done.exitCode).toBe(0)
  return done
}

/** Mann and Whitney's U from average ranks, in SQL, of scores in the order of the file. */
async function aucByWeek(version: number): Promise<Record<string, number>> {
  const schema = TrainingSchema.parse(await built.json('schema'))
  const reader = await openTables()
  const { features: columns, labels, eventTimes } = await readTrainingColumns(reader, built.output('train'), schema)
  reader.close()
  const model = plane.artifacts.get(plane.registered[version - 1]!.artifact.digest)!
  const task = { models: [{ model, what: 'it' }], columns, rowCount: labels.length, threadCount: 2 }
  const scores = (await scoreInThread(task))[0]!
  const rows = Array.from(scores, (score, row) => `(${score}::DOUBLE, ${labels[row]}, ${eventTimes[row]}::BIGINT)`)
  const found = await tables.rows(`
    SELECT week, (sum(rank) FILTER (label = 1) - p * (p + 1) / 2) / (p * (n - p)) AS auc FROM (
      SELECT week, label, sum(label) OVER (PARTITION BY week) AS p, count(*) OVER (PARTITION BY week) AS n,
        rank() OVER (PARTITION BY week ORDER BY score)
          + (count(*) OVER (PARTITION BY week, score) - 1) / 2 AS rank
      FROM (SELECT score, label, strftime(make_timestamp_ms(ms), '%G-W%V') AS week
        FROM (VALUES ${rows.join(', ')}) AS row(score, label, ms))
    ) GROUP BY week, p, n`)
  return Object.fromEntries(found.map(({ week, auc }) => [`v${version} ${String(week)} auc`, Number(auc)]))
}

it('keeps as many rows as asked for, spread evenly over the month', async () => {
  const { rows, days, fewest, most } = await tables.row(`SELECT sum(n)::INT AS rows, count(*)::INT AS days,
    min(n / whole) AS fewest, max(n / whole) AS most
    FROM (SELECT event_time::DATE AS day, count(*) AS n FROM ${parquet([built.output('train')])} GROUP BY 1)
    JOIN (SELECT date::DATE AS day, count(*) AS whole FROM ${parquet([join(folder, 'february.parquet')])}
      WHERE delay IS NOT NULL GROUP BY 1) USING (day)`)

  expect({ rows, days }).toEqual({ rows: trainRowLimit, days: 28 })
  expect(Number(most) - Number(fewest)).toBeLessThan(1e-3)
  expect(built.values).toMatchObject({ trainingRowCount: trainRowLimit, holdoutRowCount: 0 })
})

it('gives each version the AUC that average ranks give it, week by week', async () => {
  const done = await succeed(backcast({ versions: ['2', '1'], period: 'week' }))

  const expected = { ...(await aucByWeek(1)), ...(await aucByWeek(2)) }
  expect(Object.keys(done.values).toSorted()).toEqual(Object.keys(expected).toSorted())
  // Where a row lies in a batch decides in which order onnxruntime adds float32 numbers up.
  for (const [name, auc] of Object.entries(expected)) expect(Number(done.values[name]) - auc).toBeCloseTo(0, 7)
  const { versions, ...head } = (await done.json('backcast')) as Backcast
  expect(head).toEqual({ dataset: 'flights', model: 'late', period: 'week' })
  expect(versions.map(({ version }) => version)).toEqual([1, 2])
  const [first] = versions
  expect(first!.periods.map(({ period }) => period)).toEqual([5, 6, 7, 8, 9].map((week) => `2001-W0${week}`))
  expect(first!.periods.reduce((sum, { rowCount }) => sum + rowCount, 0)).toBe(trainRowLimit)
  expect(done.summary).toMatch(/\| 2001-W05 \| [\d,]+ \| [\d.]+ % \| \*\*0\.\d{4}\*\* \| 0\.\d{4} \|/)
}, 30_000)

it('scores the others when a version needs an input that is not there, or does not exist', async () => {
  const done = await succeed(backcast({ versions: ['1', '3', '9'] }))

  const reason = 'Version 3 needs the input "destination" (string), but in the training set there is no such column'
  expect(await done.json('backcast')).toMatchObject({
    versions: [
      { version: 1, reason: null, periods: [{ period: '2001-02', rowCount: trainRowLimit }] },
      { version: 3, reason: expect.stringContaining(reason), periods: [] },
      { version: 9, reason: 'There is no version 9.', periods: [] },
    ],
  })
  expect(Object.keys(done.values)).toEqual(['v1 2001-02 auc'])
  expect(done.summary).toContain(`- v3: ${reason}`)
}, 30_000)

it('lists a period of few rows without metrics, and takes all versions when none is named', async () => {
  const done = await succeed(backcast({ minRows: trainRowLimit + 1 }))

  expect(done.values).toEqual({})
  expect(await done.json('backcast')).toMatchObject({
    versions: [{ version: 1, periods: [{ rowCount: trainRowLimit, metrics: null }] }, { version: 2 }, { version: 3 }],
  })
}, 30_000)

it.each([
  { params: { versions: ['3'] }, says: 'No version of the model "late" can be scored. Version 3 needs' },
  { params: { model: null }, says: 'set the param model' },
  { params: { versions: ['first'] }, says: '"versions' },
  { params: { period: 'year' }, says: '"period"' },
])(
  'takes a wrong param for a wrong configuration: $says',
  async ({ params, says }) => {
    expect(await backcast(params)).toMatchObject({ exitCode: 78, log: expect.stringContaining(says) })
  },
  30_000,
)
