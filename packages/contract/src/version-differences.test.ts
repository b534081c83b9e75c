import { expect, it } from 'vitest'
import type { ModelVersion } from './registry.ts'
import { differencesOf } from './version-differences.ts'

const version = (changes: Partial<ModelVersion>): ModelVersion => ({
  model: 'churn',
  version: 1,
  stage: 'passed',
  aliases: [],
  artifact: { digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 1, format: 'onnx' },
  golden: null,
  signature: { inputs: [{ name: 'hour', datatype: 'FP32', shape: [-1, 1] }], outputs: [] },
  metrics: { auc: 0.75, log_loss: 0.5, rows: 10 },
  params: { trees: 100 },
  evaluation: null,
  gate: null,
  canary: null,
  baselines: [],
  lineage: {
    runId: null,
    pipeline: null,
    trigger: null,
    datasets: [],
    featureViews: [],
    trainedFrom: null,
    trainedUntil: null,
    trainingRowCount: null,
    commit: 'abc',
    environment: { python: '3.12' },
  },
  card: '---\nlicense: mit\n---\n# Churn\n\nWho leaves.\n\n## Limits\n\nNone.\n\n## Decisions\n\n- one\n',
  origin: null,
  stageLabel: 'None',
  tags: {},
  createdAt: '2026-03-02T00:00:00.000Z',
  createdBy: 'ana',
  ...changes,
})

const rows = (changes: Partial<ModelVersion>) =>
  differencesOf(version({}), version(changes), false).map(({ part, name, before, after }) => [
    part,
    name,
    before,
    after,
  ])

it('finds nothing between a version and itself, and tells everything on request', () => {
  expect(rows({})).toEqual([])
  const all = differencesOf(version({}), version({}), true)
  expect(all.map(({ part, name }) => `${part} ${name}`)).toEqual(
    expect.arrayContaining(['metrics auc', 'params trees', 'inputs hour', 'environment python', 'card Limits']),
  )
})

it('says of metrics how far apart they are, and which is better', () => {
  const found = differencesOf(version({}), version({ metrics: { auc: 1, log_loss: 0.75, rows: 9 } }), false)

  expect(found.map(({ name, change, better }) => [name, change, better])).toEqual([
    ['auc', 0.25, 'after'],
    ['log_loss', 0.25, 'before'],
    ['rows', -1, null],
  ])
})

it('tells the card by its headings, without what was decided', () => {
  const card = '---\nlicense: apache-2.0\n---\n# Churn\n\nWho leaves.\n\n## Limits\n\nMany.\n\n## Decisions\n\n- two\n'

  expect(rows({ card })).toEqual([
    ['card', 'Limits', 'None.', 'Many.'],
    ['card', 'front matter', 'license: mit', 'license: apache-2.0'],
  ])
})
