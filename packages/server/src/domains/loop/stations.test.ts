import type { StationName } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { stationsOf, worstOf } from './stations.ts'
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

const station = (name: StationName, given: Parameters<typeof factsOf>[0]) =>
  stationsOf(factsOf(given)).find((one) => one.name === name)!

it('has eight stations in the order of the loop, all idle before anything happened', () => {
  const stations = stationsOf(factsOf())

  expect(stations.map(({ name }) => name)).toEqual([
    'data',
    'validate',
    'train',
    'evaluate',
    'approve',
    'deploy',
    'monitor',
    'retrain',
  ])
  expect(new Set(stations.map(({ state }) => state))).toEqual(new Set(['idle']))
  expect(worstOf(stations)).toBe('idle')
})

it('says what arrived and why the contract refused it', () => {
  const refused = dataOf({
    state: 'refused',
    checks: [
      {
        id: 'c1',
        rule: { kind: 'row_count', atLeast: 1 },
        status: 'fail',
        says: 'distance is in kilometres',
        rowsConsidered: 1,
        rowsFailed: 1,
        observed: 1,
        expected: '',
        failingRows: [],
        failingSql: '',
      },
    ],
  })

  expect(station('data', { data: dataOf() }).says).toBe('visits@3 arrived with 511,502 rows up to 2001-03-01.')
  expect(station('validate', { data: refused })).toMatchObject({
    state: 'attention',
    says: 'distance is in kilometres',
  })
})

it('shows which step of a run is at work', () => {
  const step = {
    key: 'train',
    state: 'running' as const,
    reason: null,
    readyAt: null,
    startedAt: null,
    endedAt: null,
    values: {},
    outputs: {},
    metrics: [],
    progress: { share: 0.4, says: 'tree 40 of 100' },
    cache: null,
    needs: [],
    approval: null,
    attempts: [],
  }

  const running = station('train', { pipeline: pipelineOf(runOf({ state: 'running', steps: [step] })) })

  expect(running).toMatchObject({ state: 'active', label: 'training' })
  expect(running.says).toContain('train: tree 40 of 100')
  expect(station('train', { pipeline: pipelineOf(runOf({ state: 'failed', reason: 'out of memory' })) })).toMatchObject(
    {
      state: 'failed',
      says: 'Run run1 failed: out of memory.',
    },
  )
})

it('follows a version from gate to live', () => {
  const refused = versionOf(2, {
    stage: 'refused',
    gate: {
      passed: false,
      says: 'AUC 0.69 is below 0.71',
      checks: [],
      decidedAt: '2001-03-01T12:00:00.000Z',
      override: null,
    },
  })

  expect(station('evaluate', { versions: [refused] })).toMatchObject({
    state: 'attention',
    says: 'AUC 0.69 is below 0.71',
  })
  expect(station('approve', { approvals: [approvalOf()] })).toMatchObject({
    state: 'attention',
    label: 'waits for you',
  })
  const endpoint = endpointOf(1)
  const deploy = (given: Parameters<typeof rolloutOf>[0]) =>
    station('deploy', { endpoint, rollouts: [rolloutOf(given)] })
  expect(deploy({ state: 'canary', canaryWeight: 10 })).toMatchObject({ state: 'active', label: 'canary 10 %' })
  expect(deploy({ state: 'rolled_back' })).toMatchObject({ state: 'attention', label: 'rolled back' })
  expect(deploy({})).toMatchObject({ state: 'done', label: 'v1 live', link: '/deployments/churn-api' })
})

it('asks for attention when an incident is open', () => {
  expect(station('monitor', { monitor: monitorOf() })).toMatchObject({ state: 'idle', label: 'no window yet' })
  expect(station('monitor', { monitor: monitorOf({ status: 'decay' }), incidents: [incidentOf()] })).toMatchObject({
    state: 'attention',
    label: 'decay',
    link: '/monitors/churn-watch',
  })
})
