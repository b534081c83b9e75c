import { expect, it } from 'vitest'
import { compilePipeline } from './compile.ts'

it('says where a step runs, and what it may use there', () => {
  const compiled = compilePipeline(
    {
      name: 'p',
      defaults: { runs_on: 'gpu', image: 'python:3.13' },
      steps: {
        a: { run: 'true', resources: { cpu: 2.5, memory: '16Gi', disk: '20Gi', gpu: 1, labels: { gpu: 'a100' } } },
        b: { run: 'true', runs_on: 'local' },
      },
    },
    { step: () => ({ run: 'true' }), code: () => [], file: () => undefined },
  )

  expect(compiled.ok && compiled.pipeline.spec.steps).toMatchObject([
    {
      runsOn: 'gpu',
      image: 'python:3.13',
      resources: { cpu: 2.5, memoryMiB: 16_384, diskMiB: 20_480, gpu: 1, labels: { gpu: 'a100' } },
    },
    { runsOn: 'local' },
  ])
})
