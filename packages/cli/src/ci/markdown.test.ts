import { expect, it } from 'vitest'
import { runOf, stepOf } from '../testing-world.ts'
import { compareValues } from './compare.ts'
import { markdownOf } from './markdown.ts'

const trial = {
  pipeline: 'churn',
  base: 'version 3, in force in production',
  affected: [{ key: 'train', kind: 'changed' as const, why: ['The file a|b.py changed.', '<img src=x> @everyone'] }],
  sample: 0.01,
  plan: [],
  notRun: null,
}

it('shows each value beside that of the last run, and the difference where both are numbers', () => {
  const before = runOf({ steps: [stepOf('train', 'succeeded', { values: { auc: '0.71', best: 'deep' } })] })
  const run = runOf({
    state: 'succeeded',
    environment: 'ci',
    scope: 'pr-1',
    sample: 0.01,
    steps: [stepOf('train', 'succeeded', { values: { auc: '0.735', best: 'wide', rows: '10' } })],
  })
  const values = compareValues(before, run)
  const text = markdownOf({ passed: true, tests: [], trials: [{ ...trial, run, comparedWith: before, values }] })

  expect(text).toContain('| train | auc | 0.71 | 0.735 | +0.025 |')
  expect(text).toContain('| train | best | deep | wide | – |')
  expect(text).toContain('| train | rows | – | 10 | – |')
})

it('lets no text become a cell, a tag, a mention or a fence of its own', () => {
  const output = 'before\n```\n</details>\n'
  const test = { of: 'steps/a', command: 'x | y', passed: false, exitCode: 1, durationMs: 5, output }
  const blocked = { ...trial, run: null, comparedWith: null, values: [] }
  const text = markdownOf({ passed: false, tests: [test], trials: [blocked] })

  expect(text).toContain('The file a\\|b.py changed. &lt;img src=x\\> \\@everyone')
  expect(text).toContain('| x \\| y | failed (1) |')
  expect(text).toContain('````text\nbefore\n```\n</details>\n````')
})
