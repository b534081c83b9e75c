import { PipelineSpec, StepSpec } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { cacheWords, inputWords, needsOf, noteOf, paramsOf } from './spec.ts'

const step = StepSpec.parse({
  key: 'report',
  run: ['node', 'report.js'],
  needs: ['train'],
  inputs: {
    model: { from: 'step', step: 'train', output: 'model' },
    scores: { from: 'steps', steps: ['score-a', 'score-b'], output: 'scores' },
    rows: { from: 'dataset', dataset: 'flights', start: 'from', end: 'until' },
  },
  cache: { ttlSeconds: 60 },
})

it('needs the steps it names and those its inputs come from, each once', () => {
  expect(needsOf(step)).toEqual(['train', 'score-a', 'score-b'])
})

it('takes the params that its steps name too, without a default', () => {
  const spec = PipelineSpec.parse({ params: { lr: 0.1 }, steps: [{ ...step, params: ['lr', 'depth'] }] })

  expect(paramsOf(spec)).toEqual({ lr: 0.1, depth: null, from: null, until: null })
})

it('says what a step does, reads and reuses', () => {
  expect(noteOf(step)).toBe('node report.js')
  expect(Object.values(step.inputs).map(inputWords)).toEqual([
    'model of train',
    'scores of 2 steps',
    'flights, from from until until',
  ])
  expect([step, { ...step, cache: true }, { ...step, cache: false }].map(cacheWords)).toEqual([
    'when nothing it depends on has changed, for 60 s',
    'when nothing it depends on has changed',
    'never',
  ])
})
