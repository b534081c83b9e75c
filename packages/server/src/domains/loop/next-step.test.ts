import { expect, it } from 'vitest'
import { mostUrgent, needsOf, nextStep } from './next-step.ts'
import {
  approvalOf,
  dataOf,
  endpointOf,
  factsOf,
  incidentOf,
  monitorOf,
  pipelineOf,
  rolloutOf,
  runOf,
  versionOf,
} from './testing.ts'

const live = { versions: [versionOf(1)], endpoint: endpointOf(1), rollouts: [rolloutOf()], monitor: monitorOf() }

it.each([
  [
    'a pipeline that never ran',
    { pipeline: pipelineOf() },
    "evenkeel api POST /api/v1/pipelines/train-churn/runs '{}'",
  ],
  [
    'no endpoint',
    { versions: [versionOf(1)] },
    `evenkeel api PUT /api/v1/endpoints/churn '{"environment":"production","model":"churn"}'`,
  ],
  [
    'no endpoint of a model with a free name',
    { model: "Ana's 5 % – late?", versions: [versionOf(1)] },
    `evenkeel api PUT /api/v1/endpoints/Ana-s-5-late- '{"environment":"production","model":"Ana'\\''s 5 % – late?"}'`,
  ],
  ['versions that cannot be served', { versions: [versionOf(1, { artifact: null, signature: null })] }, null],
  [
    'a version that is not deployed',
    { ...live, endpoint: endpointOf(null) },
    'evenkeel deploy churn@1 --endpoint churn-api',
  ],
  [
    'a newer version that passed',
    { ...live, versions: [versionOf(2), versionOf(1)] },
    'evenkeel deploy churn@2 --endpoint churn-api',
  ],
  [
    'nobody watching',
    { ...live, monitor: undefined },
    `evenkeel api PUT /api/v1/monitors/churn-api '{"endpoint":"churn-api","origin":"2001-03-01T00:00:00Z","performance":{"atLeast":0.7}}'`,
  ],
  [
    'refused data',
    { ...live, data: dataOf({ state: 'refused' }) },
    'evenkeel api GET /api/v1/datasets/visits/versions/3',
  ],
  [
    'an approval that waits',
    { ...live, approvals: [approvalOf()] },
    'evenkeel approve accept ap1 --reason "the evidence is sound"',
  ],
  [
    'an undecided canary',
    { ...live, rollouts: [rolloutOf({ state: 'paused' })] },
    'evenkeel promote churn-api --reason "decided by hand"',
  ],
  [
    'an open incident',
    { ...live, incidents: [incidentOf()] },
    'evenkeel api POST /api/v1/pipelines/train-churn/runs {}',
  ],
  ['a failed run', { ...live, pipeline: pipelineOf(runOf({ state: 'failed' })) }, 'evenkeel run retry run1'],
])('gives the command for %s', (_, given, command) => {
  expect(nextStep(factsOf(given)).command).toBe(command)
})

it('says that nothing is to do while work moves, and when all is well', () => {
  const training = { ...live, pipeline: pipelineOf(runOf({ state: 'running' })) }

  expect(nextStep(factsOf(training))).toMatchObject({ says: 'Nothing: run run1 is training a version.', command: null })
  expect(nextStep(factsOf(live))).toMatchObject({ says: 'Nothing: version 1 serves, and all is well.', command: null })
})

it('does not propose a version that its canary sent back', () => {
  const canary = { rolloutId: 'ro2', verdict: 'rolled_back', says: '', decidedAt: '', eventTime: null } as const

  expect(nextStep(factsOf({ ...live, versions: [versionOf(2, { canary }), versionOf(1)] })).command).toBeNull()
})

it('shows at most five needs, decisions of people first', () => {
  const facts = factsOf({
    approvals: [approvalOf(), approvalOf({ id: 'ap2' })],
    incidents: [incidentOf(), incidentOf({ id: 'in2' }), incidentOf({ id: 'in3' })],
    pipeline: pipelineOf(runOf({ state: 'failed' })),
  })

  expect(mostUrgent(needsOf(facts).toReversed()).map(({ kind }) => kind)).toEqual([
    'approval',
    'approval',
    'incident',
    'incident',
    'incident',
  ])
})
