import type { Run, RunStep } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { ganttOf, ticksOf } from './gantt.ts'

const T0 = Date.parse('2026-01-01T00:00:00Z')
/** A moment so many seconds after the start. */
const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString()
const NOW = T0 + 100_000

type Attempt = RunStep['attempts'][number]
const attempt = (fields: Partial<Attempt>): Attempt =>
  ({ attempt: 1, state: 'succeeded', submittedAt: null, startedAt: null, endedAt: null, ...fields }) as Attempt
const step = (fields: Partial<RunStep>): RunStep =>
  ({ key: 'train', state: 'succeeded', readyAt: at(0), endedAt: null, attempts: [], ...fields }) as RunStep
const run = (steps: RunStep[], endedAt: string | null = null) =>
  ({ createdAt: at(-5), startedAt: at(0), endedAt, steps }) as Run

const told = (steps: RunStep[]) =>
  ganttOf(run(steps), NOW).lanes.map(({ step: key, attempt: n, segments }) =>
    [
      `${key} ${n ?? '-'}`,
      ...segments.map(({ kind, fromMs, untilMs }) => `${kind} ${(fromMs - T0) / 1000}-${(untilMs - T0) / 1000}`),
    ].join(', '),
  )

it('tells waiting, starting and running apart', () => {
  const done = attempt({ submittedAt: at(2), startedAt: at(3), endedAt: at(10) })

  expect(told([step({ attempts: [done] })])).toEqual(['train 1, waiting 0-2, starting 2-3, running 3-10'])
})

it('draws what is not over until now', () => {
  expect(told([step({ attempts: [attempt({ state: 'running', submittedAt: at(2), startedAt: at(3) })] })])).toEqual([
    'train 1, waiting 0-2, starting 2-3, running 3-100',
  ])
  expect(told([step({ attempts: [attempt({ state: 'submitted', submittedAt: at(2) })] })])).toEqual([
    'train 1, waiting 0-2, starting 2-100',
  ])
  expect(told([step({ attempts: [attempt({ state: 'submitting' })] })])).toEqual(['train 1, waiting 0-100'])
  expect(told([step({ state: 'ready' })])).toEqual(['train -, waiting 0-100'])
})

it('has a lane for each attempt, which waits from the end of the one before', () => {
  const first = attempt({ submittedAt: at(1), startedAt: at(2), endedAt: at(10), state: 'failed' })
  const second = attempt({ attempt: 2, submittedAt: at(14), startedAt: at(15), endedAt: at(20) })

  expect(told([step({ attempts: [first, second] })])).toEqual([
    'train 1, waiting 0-1, starting 1-2, running 2-10',
    'train 2, waiting 10-14, starting 14-15, running 15-20',
  ])
})

it('counts the wait of a run that was opened again from then, not from its failure', () => {
  const first = attempt({ submittedAt: at(1), startedAt: at(2), endedAt: at(10), state: 'failed' })
  const second = attempt({ attempt: 2, submittedAt: at(61), startedAt: at(62), endedAt: at(70) })

  expect(told([step({ readyAt: at(60), attempts: [first, second] })])).toEqual([
    'train 1, starting 1-2, running 2-10',
    'train 2, waiting 60-61, starting 61-62, running 62-70',
  ])
})

it('leaves out steps that nothing has happened to, and puts the earliest first', () => {
  const done = attempt({ submittedAt: at(2), startedAt: at(3), endedAt: at(10) })

  expect(
    told([
      step({ key: 'late', readyAt: at(10), attempts: [attempt({ ...done, submittedAt: at(12) })] }),
      step({ key: 'pending', state: 'pending', readyAt: null }),
      step({ key: 'early', attempts: [done] }),
    ]).map((line) => line.split(' ')[0]),
  ).toEqual(['early', 'late'])
})

it('spans the run from its start to its end, and never nothing', () => {
  expect(ganttOf(run([], at(30)), NOW)).toEqual({ startMs: T0, endMs: T0 + 30_000, lanes: [] })
  expect(ganttOf(run([], at(0)), NOW).endMs).toBeGreaterThan(T0)
})

it('marks the axis at lengths people count in', () => {
  expect(ticksOf(14_000)).toEqual([0, 5000, 10_000])
  expect(ticksOf(200_000)).toEqual([0, 60_000, 120_000, 180_000])
  expect(ticksOf(30 * 86_400_000).length).toBeLessThanOrEqual(7)
})
