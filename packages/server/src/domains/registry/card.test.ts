import type { Approval, GateVerdict } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { summaryOf, withDecisions } from './card.ts'

const card = '---\nlicense: apache-2.0\n---\n\n# late-flights\n\nTells which flights\nwill be late.\n\nMore.\n'
const gate: GateVerdict = {
  passed: false,
  says: 'AUC 0.7156 is below the champion.',
  checks: [],
  decidedAt: '2026-03-01T12:00:00.000Z',
  override: { by: 'ana', reason: 'Known label\n\n# fault', at: '2026-03-02T12:00:00.000Z' },
}
const approval: Approval = {
  kind: 'version',
  id: 'a1',
  state: 'approved',
  model: 'late-flights',
  version: 4,
  environment: 'production',
  digest: `sha256:${'0'.repeat(64)}`,
  requestedBy: 'ana',
  comment: '',
  evidence: [],
  decidedBy: 'ben',
  reason: 'Checked the slices.',
  requestedAt: '2026-03-02T12:00:00.000Z',
  decidedAt: '2026-03-03T12:00:00.000Z',
  expiresAt: '2026-03-09T12:00:00.000Z',
}

it('puts every decision below what the author wrote, each on one line', () => {
  const pending: Approval = { ...approval, state: 'pending', decidedBy: null, decidedAt: null, reason: null }
  const canary = { rolloutId: 'r1', verdict: 'rolled_back', says: 'Worse on errors.', eventTime: null } as const

  const read = withDecisions(card, {
    gate,
    approvals: [approval, pending],
    canary: { ...canary, decidedAt: '2026-03-04T12:00:00.000Z' },
  })

  expect(read).toBe(`${card}
## Decisions

- **Gate refused** on 2026-03-01: AUC 0.7156 is below the champion.
- **Gate overridden** on 2026-03-02 by ana: Known label # fault
- **Approval for production approved** on 2026-03-03 by ben, asked for by ana: Checked the slices.
- **Approval for production pending**, asked for by ana
- **Canary rolled back** on 2026-03-04: Worse on errors.
`)
})

it('leaves a card alone that nothing was decided about', () => {
  expect(withDecisions(card, { gate: null, approvals: [], canary: null })).toBe(card)
})

it.each([
  [card, 'Tells which flights will be late.'],
  ['# Title\nText right below.', 'Text right below.'],
  ['- a list\n\n| a | table |', ''],
  ['', ''],
])('finds the first prose of a card', (text, summary) => {
  expect(summaryOf(text)).toBe(summary)
})
