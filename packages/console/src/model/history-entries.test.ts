import type { AliasMove, Approval, ModelVersion, StageMove } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { historyEntries } from './history-entries.ts'

const at = (hour: number) => `2026-11-21T${String(hour).padStart(2, '0')}:00:00.000Z`

const version = {
  version: 2,
  createdAt: at(1),
  createdBy: 'ana',
  lineage: { trigger: { kind: 'decay', says: 'AUC fell', eventTime: null } },
  gate: {
    passed: false,
    says: 'worse',
    checks: [],
    decidedAt: at(2),
    override: { by: 'ben', reason: 'on purpose', at: at(3) },
  },
  canary: { rolloutId: 'r', verdict: 'rolled_back', says: 'worse in quality', decidedAt: at(6), eventTime: null },
} as unknown as ModelVersion

const move: AliasMove = {
  alias: 'champion',
  version: null,
  previousVersion: 1,
  movedBy: 'ben',
  reason: 'retired',
  movedAt: at(7),
}

const label: StageMove = {
  version: 1,
  label: 'Archived',
  previousLabel: 'Production',
  movedBy: 'ben',
  movedAt: at(8),
}

const approval = {
  version: 2,
  environment: 'production',
  requestedAt: at(4),
  requestedBy: 'ana',
  comment: 'please',
  decidedAt: at(5),
  decidedBy: 'ben',
  reason: 'fine',
  state: 'approved',
} as Approval

it('tells everything that happened once, newest first, with who and why', () => {
  const entries = historyEntries({ versions: [version], moves: [move], labels: [label], approvals: [approval] })

  expect(entries.map(({ what, by, why }) => [what, by, why])).toEqual([
    ['Version 1 got the stage Archived in place of Production', 'ben', ''],
    ['Alias champion was taken from version 1', 'ben', 'retired'],
    ['Version 2: canary rolled back', null, 'worse in quality'],
    ['Version 2 for production: approved', 'ben', 'fine'],
    ['Approval of version 2 for production was asked for', 'ana', 'please'],
    ['The gate of version 2 was overridden', 'ben', 'on purpose'],
    ['Version 2 failed its gate', null, 'worse'],
    ['Version 2 was registered', 'ana', 'AUC fell'],
  ])
})
