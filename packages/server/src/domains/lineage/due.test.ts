import type { Run } from '@evenkeel/contract'
import { describe, expect, it } from 'vitest'
import { dueMoments, type Moment, type Told } from './due.ts'

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`
const now = new Date(at(59))

type Attempt = Run['steps'][number]['attempts'][number]

const attempt = (number: number, state: Attempt['state'], from: number | null, until: number | null): Attempt => ({
  attempt: number,
  externalId: `x${number}`,
  executor: 'local',
  image: null,
  warnings: [],
  runtime: null,
  state,
  outcome: null,
  exitCode: null,
  reason: null,
  submittedAt: at(1),
  startedAt: from === null ? null : at(from),
  endedAt: until === null ? null : at(until),
})

const step = (key: string, state: Run['steps'][number]['state'], attempts: Attempt[]): Run['steps'][number] => ({
  key,
  state,
  reason: null,
  readyAt: at(1),
  startedAt: null,
  endedAt: state === 'cached' ? at(2) : null,
  values: {},
  outputs: {},
  metrics: [],
  approval: null,
  progress: null,
  cache: null,
  needs: [],
  attempts,
})

const run = (state: Run['state'], steps: Run['steps'], endedAt: number | null = null): Run => ({
  id: '0190c6a0-0000-7000-8000-000000000001',
  pipeline: 'churn',
  pipelineVersion: 1,
  environment: 'dev',
  scope: null,
  sample: null,
  priority: 0,
  model: null,
  state,
  reason: null,
  trigger: { kind: 'request', says: 'asked', eventTime: null },
  params: {},
  commit: 'c0ffee',
  createdBy: 'ada',
  createdAt: at(0),
  startedAt: state === 'queued' ? null : at(1),
  endedAt: endedAt === null ? null : at(endedAt),
  steps,
})

const words = (moments: readonly Moment[]) =>
  moments.map(({ step: key, attempt: n, type }) => `${key || 'run'} ${n} ${type}`)
const told = (moments: readonly Moment[]): Told[] =>
  moments.map(({ step: key, attempt: n, type, at: when }) => ({ step: key, attempt: n, type, at: when }))

describe('what there is to tell of a run', () => {
  const ended = run(
    'failed',
    [
      step('load', 'cached', []),
      step('train', 'failed', [attempt(1, 'lost', 3, 4), attempt(2, 'failed', 5, 6)]),
      step('report', 'skipped', []),
    ],
    7,
  )

  it('is everything, in order, when no news came before its end', () => {
    expect(words(dueMoments(ended, [], now))).toEqual([
      'run 1 START',
      'load 0 START',
      'load 0 COMPLETE',
      'train 1 START',
      'train 1 FAIL',
      'train 2 START',
      'train 2 FAIL',
      'run 1 FAIL',
    ])
  })

  it('is nothing when all of it was told, however often one asks', () => {
    expect(dueMoments(ended, told(dueMoments(ended, [], now)), now)).toEqual([])
  })

  it('never differs in the end, wherever the news before was cut off', () => {
    const all = dueMoments(ended, [], now)

    for (let cut = 0; cut <= all.length; cut++) {
      const first = all.slice(0, cut)
      expect(words([...first, ...dueMoments(ended, told(first), now)])).toEqual(words(all))
    }
  })

  it('is nothing while the run waits, and its start and end when it is cancelled there', () => {
    expect(dueMoments(run('queued', []), [], now)).toEqual([])
    expect(words(dueMoments({ ...run('cancelled', [], 3), startedAt: null }, [], now))).toEqual([
      'run 1 START',
      'run 1 ABORT',
    ])
  })

  it('leaves an attempt alone that has not begun, and tells one that ended without a beginning', () => {
    expect(
      words(dueMoments(run('running', [step('a', 'running', [attempt(1, 'submitted', null, null)])]), [], now)),
    ).toEqual(['run 1 START'])
    expect(words(dueMoments(run('running', [step('a', 'failed', [attempt(1, 'failed', null, 2)])]), [], now))).toEqual([
      'run 1 START',
      'a 1 START',
      'a 1 FAIL',
    ])
  })

  it('makes another run of one that was opened again, and tells only what is new', () => {
    const before = told(dueMoments(ended, [], now))
    const again = run(
      'succeeded',
      [
        step('load', 'cached', []),
        step('train', 'succeeded', [
          attempt(1, 'lost', 3, 4),
          attempt(2, 'failed', 5, 6),
          attempt(3, 'succeeded', 10, 11),
        ]),
      ],
      12,
    )

    expect(words(dueMoments(again, before, now))).toEqual([
      'run 2 START',
      'train 3 START',
      'train 3 COMPLETE',
      'run 2 COMPLETE',
    ])
    expect(words(dueMoments({ ...again, state: 'running', endedAt: null }, before, now))[0]).toBe('run 2 START')
    const after = [...before, ...told(dueMoments(again, before, now))]
    expect(dueMoments(again, after, now)).toEqual([])
  })
})
