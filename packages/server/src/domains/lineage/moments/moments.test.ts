import { type Approval, GateVerdict, type ModelVersion } from '@evenkeel/contract'
import { describe, expect, it } from 'vitest'
import { newVersion, rolloutOf } from '../../registry/testing.ts'
import { createDialect } from '../dialect.ts'
import { createNaming } from '../naming.ts'
import { createValidator } from '../testing.ts'
import { approvalAsked, gateDecided } from './decision.ts'
import { rolloutEvents } from './deployment.ts'
import { modelRegistered } from './model.ts'

const base = 'https://ml.example.org'
const dialect = createDialect({ version: '0.1.0', naming: createNaming('ml.example.org'), base: () => base })
const validate = createValidator(base)
const uriOf = (digest: string) => `${base}/api/v1/artifacts/${digest}`
const digest = `sha256:${'a'.repeat(64)}`

const version: ModelVersion = {
  ...newVersion({ digest, sizeBytes: 10 }),
  model: 'flights',
  version: 1,
  stage: 'passed',
  aliases: [],
  signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }], outputs: [] },
  gate: GateVerdict.parse({
    passed: true,
    says: 'It is good enough.',
    checks: [{ name: 'auc', passed: true, says: '0.73 is above 0.6.' }],
    decidedAt: '2026-03-01T00:00:00.000Z',
    override: null,
  }),
  canary: null,
  origin: null,
  stageLabel: 'None',
  tags: {},
  createdAt: '2026-03-01T00:00:00.000Z',
  createdBy: 'ana',
}

const approval: Approval = {
  kind: 'version',
  id: 'a1',
  state: 'approved',
  model: 'flights',
  version: 1,
  environment: 'production',
  digest,
  requestedBy: 'ana',
  comment: '',
  evidence: [],
  decidedBy: 'ben',
  reason: 'better',
  requestedAt: '2026-03-02T00:00:00.000Z',
  decidedAt: '2026-03-02T01:00:00.000Z',
  expiresAt: '2026-03-09T00:00:00.000Z',
}

const types = (events: readonly { eventType?: string }[]) => events.map(({ eventType }) => eventType)

describe('moments', () => {
  it.each([
    ['succeeded', 'COMPLETE', 1],
    ['rolled_back', 'FAIL', 0],
    ['failed', 'FAIL', 0],
    ['declined', 'ABORT', 0],
  ] as const)('of a rollout that ended %s: %s, with the service only where it was reached', (state, type, outputs) => {
    const check = {
      name: 'quality' as const,
      decides: true,
      verdict: 'worse' as const,
      canary: '0.31',
      baseline: '0.28',
      difference: null,
      interval: null,
      evidence: null,
      needed: null,
      unitCount: 900,
      says: 'The canary is worse.',
    }
    const events = rolloutEvents(dialect, 'p', rolloutOf({ state, analysis: [check] }), version, uriOf)

    expect(events.flatMap(validate)).toEqual([])
    expect(types(events)).toEqual(['START', type])
    expect(events[1]!.outputs).toHaveLength(outputs)
    expect(events[1]!.run!.facets['test']).toMatchObject({
      tests: [{ name: 'quality', status: 'fail', severity: 'error' }],
    })
  })

  it.each([
    ['pending', ['START'], undefined],
    ['approved', ['START', 'COMPLETE'], 'pass'],
    ['rejected', ['START', 'FAIL'], 'fail'],
    ['expired', ['START', 'ABORT'], 'skip'],
  ] as const)('of an approval that is %s', (state, expected, status) => {
    const events = approvalAsked(dialect, 'p', { ...approval, state }, version, uriOf)

    expect(events.flatMap(validate)).toEqual([])
    expect(types(events)).toEqual(expected)
    const test = events[1]?.run!.facets['test'] as { tests: { status: string }[] } | undefined
    expect(test?.tests.map((one) => one.status)).toEqual(status && [status])
  })

  it('of a gate that let a version pass', () => {
    const events = gateDecided(dialect, 'p', version, uriOf)

    expect(events.flatMap(validate)).toEqual([])
    expect(types(events)).toEqual(['START', 'COMPLETE'])
  })

  it('of a version that no run has made: a fact about a dataset', () => {
    const event = modelRegistered(dialect, 'p', version, { uriOf, findDataset: () => undefined, run: null })

    expect(validate(event)).toEqual([])
    expect(event.dataset!.facets['symlinks']).toMatchObject({
      identifiers: [{ name: 'flights@1' }, { namespace: 'https://ml.example.org', name: `api/v1/artifacts/${digest}` }],
    })
    expect(event.run).toBeUndefined()
  })
})
