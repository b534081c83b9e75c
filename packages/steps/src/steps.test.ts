import { Baseline, Evaluation } from '@evenkeel/contract'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openTables, parquet, type Tables } from './lib/tables.ts'
import { runStepProcess, type StepAsk, type StepRun } from './testing/run-step.ts'
import { type ControlPlane, startControlPlane } from './testing/control-plane.ts'

let folder: string
let tables: Tables
let plane: ControlPlane
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-steps-'))
  tables = await openTables()
  plane = await startControlPlane()
  await writeEvents('january', '2001-01-01')
  await writeEvents('february', '2001-02-01')
})
afterAll(async () => {
  tables.close()
  await plane.stop()
  await rm(folder, { recursive: true })
})

const data = (month: string) => join(folder, `${month}.parquet`)

/** A month of 6,000 departures of five stations; late ones come more often in the evening and at some stations. */
async function writeEvents(month: string, start: string): Promise<void> {
  await tables.run(`COPY (
    SELECT TIMESTAMP '${start}' + to_seconds((i * 403)::BIGINT) AS departed, station,
      CASE WHEN hash(i, 'null') % 100 = 0 THEN NULL
        WHEN (hash(i, 'x') % 1000) / 1000.0 < 0.1 + 0.3 * (hour(departed) >= 17)::INT + 0.2 * (station IN ('B', 'D'))::INT
        THEN 30 ELSE 5 END AS delay,
      (hash(i, 'km') % 900 + 100)::BIGINT AS distance
    FROM (SELECT i, chr(65 + (hash(i, 's') % 5)::INT) AS station FROM range(6000) t(i)))
    TO '${data(month)}' (FORMAT parquet)`)
}

const spans = {
  trainFrom: '2001-01-01T00:00:00Z',
  trainUntil: '2001-02-01T00:00:00Z',
  holdoutFrom: '2001-02-01T00:00:00Z',
  holdoutUntil: '2001-03-01T00:00:00Z',
}
const buildParams = {
  ...spans,
  label: 'delay > 15',
  features: ['hour = hour(departed)', 'distance', 'station'],
  eventTimeColumn: 'departed',
  featureViews: ['station_recent'],
}
const build = (params: StepAsk['params'] = {}): Promise<StepRun> =>
  runStepProcess('build-training-set', {
    params: { ...buildParams, ...params },
    data: [data('january'), data('february')],
    outputs: ['train', 'holdout', 'schema'],
    url: plane.url,
  })
const train = (built: StepRun, params: StepAsk['params'] = {}): Promise<StepRun> =>
  runStepProcess('train-trees', {
    params: { treeCount: 20, leafCount: 7, ...params },
    files: { train: built.output('train'), schema: built.output('schema') },
    outputs: ['model', 'golden', 'baselines', 'training'],
    model: 'late',
  })
const evaluate = (built: StepRun, trained: StepRun, more: Partial<StepAsk> = {}): Promise<StepRun> =>
  runStepProcess('evaluate-model', {
    files: {
      model: trained.output('model'),
      holdout: built.output('holdout'),
      schema: built.output('schema'),
      training: trained.output('training'),
    },
    outputs: ['evaluation'],
    url: plane.url,
    model: 'late',
    ...more,
  })
const register = (built: StepRun, trained: StepRun, evaluated: StepRun): Promise<StepRun> =>
  runStepProcess('register-model', {
    files: {
      ...Object.fromEntries(['model', 'golden', 'baselines', 'training'].map((name) => [name, trained.output(name)])),
      schema: built.output('schema'),
      evaluation: evaluated.output('evaluation'),
    },
    url: plane.url,
    model: 'late',
  })

const succeed = async (step: Promise<StepRun>): Promise<StepRun> => {
  const done = await step
  expect(done.log, 'log').not.toContain('Error')
  expect(done.exitCode).toBe(0)
  return done
}

describe('validate-data', () => {
  const validate = (params: StepAsk['params'], files: readonly string[]) =>
    runStepProcess('validate-data', { params: { eventTimeColumn: 'departed', ...spans, ...params }, data: files })

  it('reports what is there', async () => {
    const { values } = await succeed(
      validate({ holdoutUntil: '2001-02-28T23:00:00Z' }, [data('january'), data('february')]),
    )

    expect(values).toMatchObject({ rowCount: 12_000, eventTimeMin: '2001-01-01T00:00:00.000Z', daysWithRows: 56 })
  }, 30_000)

  it('fails when the events do not reach over the span, and says how far they do', async () => {
    const { exitCode, log } = await validate({}, [data('january')])

    expect(exitCode).toBe(1)
    expect(log).toMatch(/to 2001-03-01T00:00:00Z, but its events reach from 2001-01-01T00:00:00\.000Z to 2001-01-28/)
  }, 30_000)

  it('fails for a file that is no table, and for one without rows', async () => {
    const broken = join(folder, 'broken.parquet')
    await writeFile(broken, 'date,delay\n')
    const empty = join(folder, 'empty.parquet')
    await tables.run(`COPY (SELECT * FROM '${data('january')}' LIMIT 0) TO '${empty}' (FORMAT parquet)`)

    expect(await validate({}, [broken])).toMatchObject({
      exitCode: 1,
      log: expect.stringContaining('File 0 cannot be read'),
    })
    expect(await validate({}, [empty])).toMatchObject({
      exitCode: 1,
      log: expect.stringContaining('File 0 holds no rows'),
    })
  }, 30_000)

  it('takes a wrong column for a wrong configuration', async () => {
    const { exitCode, log } = await validate({ eventTimeColumn: 'delay' }, [data('january')])

    expect(exitCode).toBe(78)
    expect(log).toContain('set the param eventTimeColumn to one of: departed TIMESTAMP')
  }, 30_000)
})

describe('build-training-set', () => {
  it('splits by event time, keeps the order of the rows, and joins views as of the event time', async () => {
    const built = await succeed(build())

    const expected = await tables.row(`SELECT
      count(*) FILTER (departed < TIMESTAMP '2001-02-01') AS january, count(*) FILTER (departed >= TIMESTAMP '2001-02-01') AS february
      FROM read_parquet(['${data('january')}', '${data('february')}']) WHERE delay IS NOT NULL`)
    expect(built.values).toMatchObject({
      trainingRowCount: Number(expected['january']),
      holdoutRowCount: Number(expected['february']),
    })
    expect(await built.json('schema')).toMatchObject({
      dataset: 'flights',
      features: [
        { name: 'hour', kind: 'numerical', from: 'hour(departed)' },
        { name: 'distance', kind: 'numerical' },
        { name: 'station', kind: 'categorical' },
        { name: 'recent_late_share', kind: 'numerical', from: 'view station_recent' },
      ],
      featureViews: [{ view: 'station_recent', version: 3 }],
    })
    const [head] = await tables.rows(
      `SELECT * FROM ${parquet([built.output('holdout')])} WHERE recent_late_share IS NOT NULL LIMIT 1`,
    )
    const time = `TIMESTAMP '${String(head!['event_time'])}'`
    const { share } = await tables.row(`SELECT avg((delay > 15)::INT)::FLOAT AS share
      FROM read_parquet(['${data('january')}', '${data('february')}'])
      WHERE station = '${String(head!['station'])}' AND departed > ${time} - INTERVAL 2 HOUR AND departed <= ${time} - INTERVAL 1 HOUR`)
    expect(head!['recent_late_share']).toBe(share)
    const order = await tables.row(`SELECT bool_and(event_time >= before) AS ascends
      FROM (SELECT event_time, lag(event_time) OVER () AS before FROM ${parquet([built.output('train')])})`)
    expect(order['ascends']).toBe(true)
  }, 30_000)

  it.each([
    {
      params: { features: ['hour = hour(nowhen)'] },
      says: 'The feature "hour", hour(nowhen), does not work on the data',
    },
    { params: { features: ['departed'] }, says: 'is of type TIMESTAMP; make it a number or a text' },
    { params: { features: ['label = 1'] }, says: 'The name "label" is taken' },
    { params: { features: ['distance', 'distance'] }, says: 'The name "distance" is taken' },
    {
      params: { features: ['station', 'recent_late_share = distance'] },
      says: 'The name "recent_late_share" is taken',
    },
    { params: { label: 'delay >' }, says: 'The label, (delay >' },
    { params: { trainFrom: 'yesterday' }, says: '"trainFrom"' },
    { params: { features: ['distance'] }, says: 'The feature view "station_recent" cannot be joined' },
  ])(
    'takes a wrong param for a wrong configuration: $says',
    async ({ params, says }) => {
      expect(await build(params)).toMatchObject({ exitCode: 78, log: expect.stringContaining(says) })
    },
    30_000,
  )

  it('asks to be tried again when the server does not answer', async () => {
    const ask = { params: buildParams, data: [data('january')], outputs: ['train', 'holdout', 'schema'] }

    expect(await runStepProcess('build-training-set', ask)).toMatchObject({ exitCode: 75 })
  }, 30_000)
})

describe('from the training set to the registered version', () => {
  let built: StepRun
  let trained: StepRun
  beforeAll(async () => {
    built = await succeed(build())
    trained = await succeed(train(built, { backtestDays: 7, backtestTreeCount: 10, backtestRowLimit: 500 }))
  }, 60_000)

  it('trains a model that scores its golden rows as the trainer did', async () => {
    const golden = (await trained.json('golden')) as {
      inputs: Record<string, { datatype: string; shape: number[]; data: (number | string | null)[] }>
      outputs: { probability: { data: number[] } }
    }
    const session = await InferenceSession.create(trained.output('model'))
    const feeds = Object.entries(golden.inputs).map(([name, { datatype, shape, data: values }]) => [
      name,
      datatype === 'BYTES'
        ? new Tensor('string', values as string[], shape)
        : new Tensor(
            'float32',
            Float32Array.from(values, (value) => (value === null ? NaN : Number(value))),
            shape,
          ),
    ])
    const { probability } = await session.run(Object.fromEntries(feeds) as Record<string, Tensor>)

    expect(Object.keys(golden.inputs)).toEqual(['hour', 'distance', 'station', 'recent_late_share'])
    const scores = [...(probability!.data as Float32Array)]
    expect(scores).toHaveLength(64)
    scores.forEach((score, row) => expect(score).toBeCloseTo(golden.outputs.probability.data[row]!, 5))
  })

  it('says how far it is, tree by tree, and how the backtest went', async () => {
    expect(trained.progress).toHaveLength(30)
    expect(trained.progress.at(-1)).toMatchObject({ progress: 1, says: 'tree 30 of 30, about 0 s left' })
    expect(Number(trained.values['backtest_auc'])).toBeGreaterThan(0.6)
    expect(await trained.json('training')).toMatchObject({
      params: { treeCount: 20, leafCount: 7, seed: 1, shuffleLabels: false },
      backtest: { from: '2001-01-25T00:00:00.000Z', until: spans.trainUntil },
    })
  })

  it('describes every input and the score as they are in the training data', async () => {
    const baselines = z.array(Baseline).parse(await trained.json('baselines'))

    expect(baselines.map(({ feature }) => feature)).toEqual([
      'hour',
      'distance',
      'station',
      'recent_late_share',
      'score',
    ])
    const [hour, , station] = baselines
    const facts = await tables.row(
      `SELECT avg(hour) AS mean, stddev_pop(hour) AS std FROM ${parquet([built.output('train')])}`,
    )
    expect(hour!.mean).toBeCloseTo(Number(facts['mean']), 9)
    expect(hour!.std).toBeCloseTo(Number(facts['std']), 9)
    expect(hour!.histogram!.counts.reduce((sum, count) => sum + count)).toBe(hour!.rowCount)
    const counts = await tables.rows(
      `SELECT station, count(*) AS n FROM ${parquet([built.output('train')])} GROUP BY 1 ORDER BY 2 DESC, 1`,
    )
    expect(station!.categories).toEqual({
      values: counts.map((row) => row['station']),
      counts: counts.map(({ n }) => Number(n)),
      otherCount: 0,
    })
    const shares = baselines.flatMap(({ importance }) => importance ?? [])
    expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12)
  })

  it('registers the first version without a champion, with its lineage and card', async () => {
    const evaluated = await succeed(evaluate(built, trained))
    const { values, log } = await succeed(register(built, trained, evaluated))

    expect(values).toMatchObject({ version: 1, gate: 'none' })
    expect(log).toContain('late version 1: passed.')
    const version = plane.registered.at(-1)!
    expect(plane.artifacts.get(version.artifact.digest)).toEqual(await readFile(trained.output('model')))
    expect(version).toMatchObject({
      params: { treeCount: 20 },
      lineage: {
        runId: '0197f0c0-0000-7000-8000-000000000000',
        pipeline: 'late',
        trigger: { kind: 'request', says: 'A test asked for it.' },
        datasets: [{ dataset: 'flights', version: 1 }],
        featureViews: [{ view: 'station_recent', version: 3 }],
        trainedFrom: spans.trainFrom,
        trainedUntil: spans.trainUntil,
        commit: 'c0ffee',
        environment: { node: process.version, 'opset ai.onnx.ml': '5' },
      },
      evaluation: { champion: null, difference: null },
    })
    expect(Object.keys(version.metrics).toSorted()).toEqual([
      'auc',
      'backtest_auc',
      'brier',
      'calibration_error',
      'log_loss',
    ])
    expect(version.card).toMatch(/^---\nlibrary_name: onnx\n[^]*\n---\n\n# late\n\n## Intended use/)
    expect(version.card).toContain('There was no champion to compare with.')
  }, 30_000)

  it('compares with the champion on the same rows, at most as many as were asked for', async () => {
    const champion = await succeed(train(built, { treeCount: 1, leafCount: 2 }))
    const bytes = await readFile(champion.output('model'))
    plane.artifacts.set(`sha256:${'a'.repeat(64)}`, bytes)
    plane.setChampion(4, `sha256:${'a'.repeat(64)}`)

    const limited = await succeed(build({ holdoutRowLimit: 2000 }))
    const evaluated = await succeed(evaluate(limited, trained))

    const evaluation = Evaluation.parse(await evaluated.json('evaluation'))
    expect(evaluation).toMatchObject({ rowCount: 2000, champion: { version: 4 }, dataset: 'flights' })
    const { candidate, champion: theirs, difference } = evaluation
    expect(difference!.value).toBeCloseTo(candidate['auc']! - theirs!.metrics['auc']!, 12)
    expect(difference!.low).toBeGreaterThan(0)
    expect(evaluated.summary).toContain('champion (v4)')
    // ONNX Runtime would: what it sends to its vendor.
    expect(await evaluated.leftAtHome()).toEqual([])
  }, 30_000)

  it('compares with what was the champion then, where a version is made again', async () => {
    const limited = await succeed(build({ holdoutRowLimit: 2000 }))
    const before = await succeed(evaluate(limited, trained, { reproduces: { champion: null } }))

    expect(await before.json('evaluation')).toMatchObject({ rowCount: 2000, champion: null, difference: null })
  }, 30_000)

  it('says which input the champion needs that the data does not have', async () => {
    const narrow = await succeed(build({ features: ['hour = hour(departed)', 'station'] }))

    const { exitCode, log } = await evaluate(narrow, await succeed(train(narrow)))

    expect(exitCode).toBe(78)
    expect(log).toContain(
      'The champion, version 4, needs the input "distance" (float32), but in the training set there is no such column',
    )
  }, 30_000)

  it('learns nothing from labels dealt out at random, and a refused gate is no failure', async () => {
    const sabotaged = await succeed(train(built, { shuffleLabels: true }))
    const evaluated = await succeed(evaluate(built, sabotaged))
    expect(Number(evaluated.values['auc'])).toBeLessThan(0.56)
    expect(evaluated.metrics).toContainEqual({ name: 'auc', value: evaluated.values['auc'], labels: {} })
    const says = 'AUC is too low.'
    plane.setGate({ passed: false, says, checks: [], decidedAt: '2026-11-21T00:00:00.000Z', override: null })

    const { values, log } = await succeed(register(built, sabotaged, evaluated))

    expect(values).toMatchObject({ gate: 'refused' })
    expect(log).toContain('refused. AUC is too low.')
  }, 30_000)

  it('judges a model without held-out rows by its backtest, and refuses one that has neither', async () => {
    const whole = await succeed(build({ holdoutFrom: spans.trainUntil, holdoutUntil: spans.trainUntil }))
    const judged = await succeed(train(whole, { backtestDays: 5 }))
    const evaluated = await succeed(evaluate(whole, judged))

    expect(await evaluated.json('evaluation')).toMatchObject({
      holdoutFrom: '2001-01-27T00:00:00.000Z',
      holdoutUntil: spans.trainUntil,
      champion: null,
      candidate: { auc: judged.values['backtest_auc'] },
    })
    expect(await evaluate(whole, await succeed(train(whole)))).toMatchObject({
      exitCode: 78,
      log: expect.stringContaining('set backtestDays'),
    })
  }, 30_000)
})
