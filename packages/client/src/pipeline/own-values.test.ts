import type { StepFile } from '@evenkeel/contract'
import { describe, expect, it } from 'vitest'
import { compilePipeline } from './compile.ts'
import type { Sources } from './uses.ts'

const clean: StepFile = {
  inputs: ['raw'],
  outputs: ['table'],
  params: { limit: { type: 'number', default: 10 }, mode: { type: 'string' } },
  run: ['./clean', '${{ params.limit }}'],
}
const sources: Sources = {
  step: () => clean,
  code: () => [{ path: 'clean', digest: `sha256:${'a'.repeat(64)}`, executable: true }],
  file: () => undefined,
}

const seed = { type: 'number', default: 1, max: 9, description: 'Of the draw.' }
const params = { seed, mode: { type: 'string', default: 'm' }, limit: { type: 'number', default: 1 } }
const span = { from: { type: 'moment' }, until: { type: 'moment' } }
const compile = (steps: object, declared: object = params) =>
  compilePipeline({ name: 'p', params: { ...declared, ...span }, steps }, sources)

function compiled(steps: object, declared?: object) {
  const result = compile(steps, declared)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.pipeline.spec
}

function problemsOf(steps: object): string {
  const result = compile(steps)
  return result.ok ? '' : result.problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n')
}

it('keeps what is declared, and the defaults apart from it', () => {
  const spec = compiled({ a: { run: 'true' } }, { seed })

  expect(spec.params).toEqual({ seed: 1 })
  expect(spec.declarations).toEqual({ seed: { type: 'number', max: 9, description: 'Of the draw.' }, ...span })
})

describe('a built-in step', () => {
  const uses = 'evenkeel/train-trees@1'
  const given = { train: '${{ steps.b.outputs.train }}', schema: '${{ steps.b.outputs.schema }}' }
  const b = { uses: 'evenkeel/build-training-set@1', with: { data: 'dataset:flights@from..until' } }

  it('is used twice with different values, and in a matrix with those of its matrix', () => {
    const many = { uses, with: { ...given, treeCount: '${{ matrix.n }}', seed: 7 }, matrix: { n: [10, 20] } }
    const small = { uses, with: { ...given, treeCount: 5 } }
    const spec = compiled({ b, many, small })

    expect(spec.steps.slice(1).map(({ key, params: ofRun, with: own }) => [key, ofRun, own])).toEqual([
      ['many[n=10]', [], { treeCount: 10, seed: 7 }],
      ['many[n=20]', [], { treeCount: 20, seed: 7 }],
      ['small', ['seed'], { treeCount: 5 }],
    ])
    expect(spec.params).toEqual({ seed: 1, mode: 'm', limit: 1 })
  })

  it.each([
    [{ treeCount: '${{ matrix.n }}' }, {}, 'The matrix of the step has no "n"'],
    [{ treeCount: 'n-${{ params.seed }}' }, {}, 'with.treeCount: A built-in step takes a value'],
    [{ treeCount: '${{ matrix.n }}' }, { n: '${{ steps.b.outputs.list }}' }, 'The matrix is listed in the run'],
  ])('%j with the matrix %j is refused', (own, matrix, says) => {
    const more = Object.keys(matrix).length > 0 ? { matrix } : {}

    expect(problemsOf({ b, t: { uses, with: { ...given, ...own }, ...more } })).toContain(says)
  })
})

describe('a step of a folder', () => {
  const uses = './steps/clean'
  const a = { run: 'true', outputs: ['out'] }
  const raw = '${{ steps.a.outputs.out }}'

  it('has values of its own, and reads the others from the run', () => {
    const spec = compiled({ a, c: { uses, with: { raw, limit: '${{ matrix.n }}' }, matrix: { n: [2, 3] } } })

    expect(spec.steps.slice(1)).toMatchObject([
      { key: 'c[n=2]', params: ['mode'], with: { limit: 2 } },
      { key: 'c[n=3]', params: ['mode'], with: { limit: 3 } },
    ])
  })

  it('sets its own after it has read a param of the run that has the same name', () => {
    const spec = compiled({ a, c: { uses, with: { raw, limit: 5, mode: 'at ${{ params.limit }}' } } })

    expect(spec.steps[1]).toMatchObject({ params: ['limit'], with: {} })
    expect(spec.steps[1]!.run![3]).toBe(
      `export EVENKEEL_PARAM_LIMIT='5' EVENKEEL_PARAM_MODE='at '"\${EVENKEEL_PARAM_LIMIT}"; exec "$@"`,
    )
  })

  it.each([
    [{ with: { raw, limit: '5' } }, 'with.limit: The param "limit" cannot be "5": it must be a number.'],
    [{ with: { raw, limit: '${{ matrix.n }}' }, matrix: { n: [1, 'two'] } }, 'The param "limit" cannot be "two"'],
  ])('%j is refused', (step, says) => {
    expect(problemsOf({ a, c: { uses, ...step } })).toContain(says)
  })
})
