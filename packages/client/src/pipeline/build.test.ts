import { describe, expect, it } from 'vitest'
import { definePipeline } from './build.ts'
import { compilePipeline } from './compile.ts'
import type { Sources } from './uses.ts'

const sources: Sources = {
  step: () => ({ run: ['./clean'], inputs: ['raw'], outputs: ['table'] }),
  code: () => [],
  file: () => undefined,
}

const built = definePipeline({
  name: 'churn',
  params: { lr: { type: 'number', default: 0.1 }, from: { type: 'moment' }, until: { type: 'moment' } },
  defaults: { retries: 1 },
})
  .step('raw', { run: 'fetch', outputs: { rows: 'file' }, inputs: { d: 'dataset:d@from..until' } })
  .step('clean', ({ steps }) => ({ uses: './steps/clean', with: { raw: steps.raw.outputs.rows } }))
  .step('train', ({ params, steps, inputs, matrix }) => ({
    matrix: { seed: [1, 2] },
    run: ['python3', 'train.py', params.lr, matrix['seed']!, inputs['table']!],
    inputs: { table: steps.clean.outputs['table']! },
    outputs: ['model'],
  }))
  .step('pick', ({ steps }) => ({
    needs: ['raw'],
    run: 'ls ${{ inputs.models }}',
    inputs: { models: steps.train.all.outputs.model },
  })).file

/** What YAML would be read to. */
const written = {
  name: 'churn',
  params: { lr: { type: 'number', default: 0.1 }, from: { type: 'moment' }, until: { type: 'moment' } },
  defaults: { retries: 1 },
  steps: {
    raw: { run: 'fetch', outputs: { rows: 'file' }, inputs: { d: 'dataset:d@from..until' } },
    clean: { uses: './steps/clean', with: { raw: '${{ steps.raw.outputs.rows }}' } },
    train: {
      matrix: { seed: [1, 2] },
      run: ['python3', 'train.py', '${{ params.lr }}', '${{ matrix.seed }}', '${{ inputs.table }}'],
      inputs: { table: '${{ steps.clean.outputs.table }}' },
      outputs: ['model'],
    },
    pick: {
      needs: ['raw'],
      run: 'ls ${{ inputs.models }}',
      inputs: { models: '${{ steps.train.*.outputs.model }}' },
    },
  },
}

it('is the same object as the file, and compiles to the same', () => {
  const compiled = compilePipeline(built, sources)

  expect(built).toEqual(written)
  expect(compiled.ok).toBe(true)
  expect(compiled).toEqual(compilePipeline(JSON.parse(JSON.stringify(written)), sources))
})

describe('the compiler refuses', () => {
  const pipeline = definePipeline({ name: 'p', params: { lr: { type: 'number' } } })
    .step('a', { run: 'true', outputs: ['out'] })
    .step('b', { uses: 'evenkeel/build-training-set@1', with: { data: 'dataset:d@x..y' } })

  it('what does not exist', () => {
    // @ts-expect-error - a has no such output
    pipeline.step('c', ({ steps }) => ({ run: steps.a.outputs.outt }))
    // @ts-expect-error - neither has the built-in step
    pipeline.step('c', ({ steps }) => ({ run: 'x', inputs: { m: steps.b.outputs.model } }))
    // @ts-expect-error - there is no such step
    pipeline.step('c', ({ steps }) => ({ run: steps.z.outputs.out }))
    // @ts-expect-error - there is no such param
    pipeline.step('c', ({ params }) => ({ run: params.lrr }))
    // @ts-expect-error - a step cannot need one that is not defined yet
    pipeline.step('c', { run: 'true', needs: ['d'] })
    // @ts-expect-error - a slip of the fingers
    pipeline.step('c', { run: 'true', retries: 'many' })

    expect(Object.keys(pipeline.file.steps)).toEqual(['a', 'b'])
  })
})
