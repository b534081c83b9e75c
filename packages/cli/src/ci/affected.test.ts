import { PipelineSpec, type StepSpec } from '@evenkeel/contract'
import type { z } from 'zod'
import { expect, it } from 'vitest'
import { affectedSteps } from './affected.ts'
import { readSample, sampleText } from './sample.ts'

type Step = z.input<typeof StepSpec>

const file = (path: string, content: string) => ({ path, digest: `sha256:${content.repeat(64)}`, executable: false })

/** `train` reads what `prepare` leaves; `report` stands alone. */
const specOf = ({
  prepare = {},
  train = {},
  params = {},
}: { prepare?: object; train?: object; params?: object } = {}) =>
  PipelineSpec.parse({
    params: { lr: 0.1, ...params },
    steps: [
      { key: 'prepare', run: ['p'], code: [file('src/prepare.py', 'a')], outputs: ['table'], ...prepare },
      {
        key: 'train',
        run: ['t'],
        code: [file('src/train.py', 'a')],
        params: ['lr'],
        inputs: { data: { from: 'step', step: 'prepare', output: 'table' } },
        ...train,
      },
      { key: 'report', run: ['r'], code: [] },
    ] satisfies Step[],
  })

const told = (before: PipelineSpec | undefined, after: PipelineSpec) =>
  affectedSteps(before, after).map(({ key, kind, why }) => [key, kind, ...why].join(' '))

it('names what changed, and what depends on it', () => {
  const after = specOf({ prepare: { code: [file('src/prepare.py', 'b'), file('src/new.py', 'a')] } })

  expect(told(specOf(), after)).toEqual([
    'prepare changed The file src/new.py was added. The file src/prepare.py changed.',
    'train follows It depends on prepare.',
    'report same',
  ])
})

it.each([
  [{ train: { run: ['t', '--deep'] } }, 'Its command changed.'],
  [{ params: { lr: 0.2 } }, 'The param lr is 0.2 and was 0.1.'],
  [{ train: { env: { MODE: 'x' } } }, 'Its env changed.'],
  [{ train: { code: null } }, 'The file src/train.py was removed.'],
])('%j affects train alone: %s', (change, why) => {
  expect(told(specOf(), specOf(change))).toEqual(['prepare same', `train changed ${why}`, 'report same'])
})

it('takes an approval, which has no code, for the same until somebody asks otherwise', () => {
  const asks = (count: number) =>
    PipelineSpec.parse({
      steps: [
        { key: 'ask', approval: { message: 'Good?', count } },
        { key: 'go', run: ['g'], code: [] },
      ],
    })

  expect(told(asks(1), asks(1))).toEqual(['ask same', 'go same'])
  expect(told(asks(1), asks(2))).toEqual(['ask changed Its approval changed.', 'go same'])
})

it('takes no notice of what changes no result, and calls everything new where nothing was', () => {
  const after = specOf({ train: { retries: 3, timeoutSeconds: 60, cache: false } })

  expect(told(specOf(), after)).toEqual(['prepare same', 'train same', 'report same'])
  expect(told(undefined, after)[0]).toBe('prepare changed It is new.')
})

it.each([
  ['1%', 0.01, '1 % of the rows'],
  ['0.5', 0.5, '50 % of the rows'],
  ['5000', 5000, '5,000 rows'],
] as const)('a sample of %s is %d', (text, sample, words) => {
  expect(readSample(text)).toBe(sample)
  expect(sampleText(sample)).toBe(words)
})

it.each(['0', '-1', '1.5', '200%', 'all', ''])('a sample of "%s" is none', (text) => {
  expect(() => readSample(text)).toThrow('Write a share as in 1% or 0.01')
})
