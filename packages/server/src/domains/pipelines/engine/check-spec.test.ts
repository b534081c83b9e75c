import { PipelineSpec } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { problemOf, problemOfParams, unknownStep, unusedParam } from './check-spec.ts'

const spec = (...steps: object[]) => PipelineSpec.parse({ params: { seed: 1 }, steps })
const step = (key: string, more: object = {}) => ({ key, run: ['true'], ...more })
const files = (...paths: string[]) => paths.map((path) => ({ path, digest: `sha256:${'a'.repeat(64)}` }))
const isBuiltin = (name: string) => name === 'train-trees'

it('finds nothing wrong with a graph that can run', () => {
  const good = spec(
    {
      key: 'train',
      uses: 'train-trees',
      needs: ['build'],
      inputs: { rows: { from: 'step', step: 'build', output: 'rows' } },
    },
    step('build', { outputs: ['rows'], params: ['seed'] }),
  )

  expect(problemOf(good, isBuiltin)).toBeUndefined()
})

it.each([
  { wrong: spec(step('a'), step('a')), at: 'a', why: 'Two steps' },
  { wrong: spec(step('a', { uses: 'train-trees' })), at: 'a', why: 'either' },
  { wrong: spec({ key: 'a' }), at: 'a', why: 'either' },
  { wrong: spec({ key: 'a', uses: 'train-trees2' }), at: 'a', why: 'No step "train-trees2" ships' },
  { wrong: spec(step('a', { needs: ['b'] })), at: 'a', why: 'needs the step "b"' },
  {
    wrong: spec(step('a'), step('b', { inputs: { x: { from: 'step', step: 'a', output: 'y' } } })),
    at: 'b',
    why: 'no such output',
  },
  {
    wrong: spec(step('a', { needs: ['c'] }), step('b', { needs: ['a'] }), step('c', { needs: ['b'] })),
    at: 'a',
    why: 'wait for each other: "a", "b", "c"',
  },
  { wrong: spec(step('a', { needs: ['a'] })), at: 'a', why: 'wait for each other: "a"' },
  { wrong: spec(step('a', { params: ['a-b', 'a_b'] })), at: 'a', why: '"a-b" and "a_b"' },
  { wrong: spec(step('a', { code: files('x', 'x') })), at: 'a', why: '"x" is listed twice' },
  {
    wrong: spec(step('a', { code: files('x/y/z', 'x/y') })),
    at: 'a',
    why: '"x/y" is listed as a file, and as the folder',
  },
  {
    wrong: spec(
      step('a', { outputs: ['y'] }),
      step('b', { when: 'always', inputs: { x: { from: 'step', step: 'a', output: 'y' } } }),
    ),
    at: 'b',
    why: 'cannot take an input from there',
  },
])('says at "$at": $why', ({ wrong, at, why }) => {
  expect(problemOf(wrong, isBuiltin)).toMatchObject({ step: at, reason: expect.stringContaining(why) })
})

it('names a param without a value, also one that only a span uses', () => {
  const input = { from: 'dataset', dataset: 'flights', start: 'from', end: 'until' }
  const spans = spec(step('a', { params: ['seed'], inputs: { data: input } }))

  expect(problemOfParams(spans, { seed: 1, from: 'x' })).toMatchObject({
    step: 'a',
    reason: expect.stringContaining('"until"'),
  })
  expect(problemOfParams(spans, { seed: 1, from: 'x', until: 'y' })).toBeUndefined()
})

it('takes no param of the run that a step has of its own', () => {
  const own = spec(step('a', { params: ['seed', 'depth'], with: { depth: 3 } }))

  expect(problemOfParams(own, { seed: 1 })).toBeUndefined()
  expect(unusedParam(own, { depth: 4 })).toMatchObject({ reason: expect.stringContaining('"depth"') })
  expect(problemOf(spec(step('a', { params: ['a-b'], with: { a_b: 1 } })), isBuiltin)).toMatchObject({
    reason: expect.stringContaining('"a-b" and "a_b"'),
  })
})

it('names a param that no step would ever see', () => {
  expect(unusedParam(spec(step('a')), { sead: 2 })).toMatchObject({
    reason: expect.stringContaining('"sead"; there are seed'),
  })
  expect(unusedParam(spec(step('a')), { seed: 2 })).toBeUndefined()
})

it('names a step that should run anew and is not there; a name stands for its whole matrix', () => {
  const matrix = spec(step('train[n=1]'), step('train[n=2]'), step('report'))

  expect(unknownStep(matrix, ['train', 'report'])).toBeUndefined()
  expect(unknownStep(matrix, ['train[n=1]'])).toBeUndefined()
  expect(unknownStep(matrix, true)).toBeUndefined()
  expect(unknownStep(matrix, ['report', 'trai'])).toMatchObject({ reason: expect.stringContaining('"trai"') })
})
