import { expect, it } from 'vitest'
import { windowWords } from './window-words.ts'

type Told = Parameters<typeof windowWords>[0]
const said = (changes: Partial<Told>) =>
  windowWords({
    rowCount: 10,
    columns: [{ status: 'ok' }],
    performance: { auc: null },
    quality: { status: 'ok' },
    ...changes,
  })

it('tells what a window found', () => {
  expect(said({ performance: { auc: 0.7123 } })).toBe('AUC 0.712 · no drift')
  expect(said({ columns: [{ status: 'drift' }, { status: 'ok' }], quality: { status: 'warning' } })).toBe(
    'no performance yet · 1 of 2 inputs drifts · data quality warning',
  )
  expect(said({ columns: [{ status: 'drift' }, { status: 'drift' }] })).toContain('2 of 2 inputs drift')
  expect(said({ rowCount: 0 })).toBe('no predictions')
})
