import { describe, expect, it } from 'vitest'
import { SourceRun, SourceVersion } from '../import/source/messages.ts'
import { createBatches } from './batches.ts'
import { createKnown, knownModel, knownRun } from './known.ts'
import { missingTags, withoutMarks } from './marks.ts'
import { runWithNewIds, tagWithNewIds } from './new-ids.ts'
import { originOf } from './origins.ts'
import { pointKey } from './points.ts'
import type { Batch } from './target/tracking.ts'

const [oldRun, newRun] = ['0'.repeat(32), '1'.repeat(32)]
const [oldModel, newModel] = [`m-${'a'.repeat(32)}`, `m-${'b'.repeat(32)}`]
const ids = {
  run: (id: string) => (id === oldRun ? newRun : undefined),
  model: (id: string) => (id === oldModel ? newModel : undefined),
}

describe('ids in tags', () => {
  it.each([
    ['mlflow.parentRunId', oldRun, newRun],
    [
      'mlflow.log-model.history',
      `[{"run_id":"${oldRun}","model_id":"${oldModel}","model_uuid":"${'f'.repeat(32)}"}]`,
      `[{"run_id":"${newRun}","model_id":"${newModel}","model_uuid":"${'f'.repeat(32)}"}]`,
    ],
    ['mlflow.prompt.associatedRunIds', `${oldRun},${'2'.repeat(32)}`, `${newRun},${'2'.repeat(32)}`],
    ['note', `compare with ${oldRun}`, `compare with ${oldRun}`],
  ])('of %s are those of over there, when MLflow wrote them', (key, value, there) => {
    expect(tagWithNewIds({ key, value }, ids)).toEqual({ key, value: there })
  })

  it('names what a run points to and is not over there', () => {
    const run = SourceRun.parse({
      info: { run_id: oldRun, experiment_id: '1' },
      data: {
        tags: [
          { key: 'mlflow.parentRunId', value: 'f'.repeat(32) },
          { key: 'evenkeel.run_id', value: 'x' },
        ],
      },
      outputs: { model_outputs: [{ model_id: oldModel, step: 1 }, { model_id: 'm-gone' }] },
    })

    const { run: there, unknown } = runWithNewIds(run, ids)

    expect(there.outputs.model_outputs).toEqual([{ model_id: newModel, step: 1 }])
    expect(there.data.tags).toEqual([{ key: 'mlflow.parentRunId', value: 'f'.repeat(32) }])
    expect(unknown).toEqual([`parent ${'f'.repeat(32)}`, 'logged model m-gone'])
  })
})

describe('where a version comes from', () => {
  const source = { folderOf: (uri: string) => /^mlflow-artifacts:\/+(.+)$/.exec(uri)?.[1] }
  const known = createKnown()
  const info = {
    experiment_id: '9',
    lifecycle_stage: 'active',
    artifact_uri: `mlflow-artifacts:/9/${newRun}/artifacts`,
  }
  known.runs.set(oldRun, knownRun(SourceRun.parse({ info: { run_id: newRun, ...info } }), false))
  const model = { model_id: newModel, artifact_uri: `mlflow-artifacts:/9/models/${newModel}/artifacts`, tags: [] }
  known.models.set(oldModel, knownModel({ info: model } as never, false))
  const of = (text: string, keepsModels: boolean) => {
    const version = SourceVersion.parse({
      name: 'churn',
      version: '3',
      source: text,
      run_id: oldRun,
      model_id: oldModel,
    })
    return originOf({ source: source as never, known: { ...known, keepsModels } }, version)
  }

  it.each([
    [`mlflow-artifacts:/1/${oldRun}/artifacts/a b`, `mlflow-artifacts:/9/${newRun}/artifacts/a b`],
    [`mlflow-artifacts:/1/models/${oldModel}/artifacts`, `mlflow-artifacts:/9/models/${newModel}/artifacts`],
    [`models:/${oldModel}`, `models:/${newModel}`],
    [`runs:/${oldRun}/model`, `runs:/${newRun}/model`],
    ['models:/other/2', 'models:/other/2'],
    ['s3://bucket/model', 's3://bucket/model'],
    ['', 'evenkeel:/models/churn/3'],
  ])('%s is %s over there', (text, there) => {
    expect(of(text, true)).toEqual({ source: there, run_id: newRun, model_id: newModel })
  })

  it('is the folder of its run on a server before MLflow 3', () => {
    const uri = `mlflow-artifacts:/9/${newRun}/artifacts/models/${oldModel}`

    expect(of(`models:/${oldModel}`, false)).toEqual({ source: uri, run_id: newRun })
    expect(of(`mlflow-artifacts:/1/models/${oldModel}/artifacts/x`, false).source).toBe(`${uri}/x`)
  })
})

it('sends what one request may hold: 1000 values, 100 params, 100 tags, 1 MB', async () => {
  const sent: Batch[] = []
  const batches = createBatches(async (batch) => sent.push(batch))

  for (let at = 0; at < 150; at++) await batches.add('params', { key: `p${at}`, value: '' })
  for (let at = 0; at < 30; at++) await batches.add('tags', { key: `t${at}`, value: 'ü'.repeat(20_000) })
  for (let at = 0; at < 2500; at++) await batches.add('metrics', { key: 'auc', step: at })
  await batches.flush()
  await batches.flush()

  const sum = (kind: keyof Batch) => sent.reduce((count, batch) => count + batch[kind].length, 0)
  expect([sum('params'), sum('tags'), sum('metrics')]).toEqual([150, 30, 2500])
  for (const batch of sent) {
    const { params, tags, metrics } = batch
    expect(params.length).toBeLessThanOrEqual(100)
    expect(params.length + tags.length + metrics.length).toBeLessThanOrEqual(1000)
    expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThan(1e6)
  }
})

it('knows an infinite point again, which databases of MLflow keep as the greatest number', () => {
  const point = { key: 'loss', step: 1, timestamp: 2 }

  expect(pointKey({ ...point, value: '-Infinity' })).toBe(pointKey({ ...point, value: -1.7976931348623157e308 }))
  expect(pointKey({ ...point, value: 'NaN' })).not.toBe(pointKey({ ...point, value: 0 }))
})

it('takes its own marks for no tags of people', () => {
  const mine = { key: 'team', value: 'fraud' }

  expect(withoutMarks([mine, { key: 'evenkeel.revision', value: '1' }, { key: 'evenkeel.step', value: 's' }])).toEqual([
    mine,
    { key: 'evenkeel.step', value: 's' },
  ])
  expect(missingTags([mine], [{ key: 'team', value: 'churn' }])).toEqual([mine])
  expect(missingTags([mine], [mine])).toEqual([])
})
