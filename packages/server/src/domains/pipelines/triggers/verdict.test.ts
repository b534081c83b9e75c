import { expect, it } from 'vitest'
import { type Situation, verdictOn, whenBusyOf } from './verdict.ts'

const at = (text: string) => new Date(`2026-11-21T${text}Z`)
const free: Situation<string> = {
  run: 'the run',
  says: 'It happened. Trains on much.',
  occasion: 'It happened.',
  spec: { on: { kind: 'webhook' }, enabled: true, cooldownSeconds: 0 },
  trigger: { paused_by: null, paused_why: null, paused_at: null },
  projectPause: undefined,
  openRun: null,
  waitingBefore: 0,
  lastStartedAt: null,
  now: at('12:00:00'),
}
const cooling = { ...free.spec, cooldownSeconds: 60 }
const queue = { ...free.spec, whenBusy: 'queue' as const }
const replace = { ...free.spec, whenBusy: 'replace' as const }
const pause = { paused_by: 'ana', paused_why: 'The data is wrong.', paused_at: at('11:00:00') }

it('starts when nothing is in the way', () => {
  const started = { outcome: 'started', says: 'It happened. Trains on much.', run: 'the run' }

  expect(verdictOn(free)).toEqual(started)
  expect(verdictOn({ ...free, spec: cooling, lastStartedAt: at('11:59:00') })).toEqual(started)
  expect(verdictOn({ ...free, spec: queue })).toEqual(started)
  expect(verdictOn({ ...free, waitingBefore: 3 })).toEqual(started)
})

it.each([
  { now: { openRun: 'r1' }, says: 'It happened. Not started: The run r1 of this pipeline is in progress.' },
  { now: { spec: { ...free.spec, enabled: false } }, says: 'It happened. Not started: The trigger is switched off.' },
  {
    now: { trigger: pause },
    says:
      'It happened. Not started: Triggers are paused since 2026-11-21T11:00:00.000Z by ana: The data is wrong. ' +
      'Resume them to let the next occasion through.',
  },
  { now: { projectPause: { project_id: 'p', ...pause } }, says: expect.stringContaining('by ana') },
  {
    now: { spec: cooling, lastStartedAt: at('11:59:01') },
    says: 'It happened. Not started: It started a run at 2026-11-21T11:59:01.000Z; none before 2026-11-21T12:00:01.000Z.',
  },
  { now: { spec: queue, waitingBefore: 100 }, says: expect.stringContaining('100 firings of this pipeline wait') },
])('skips: $says', ({ now, says }) => {
  expect(verdictOn({ ...free, ...now })).toEqual({ outcome: 'skipped', says })
})

it('keeps the reason it was given', () => {
  const { run: _, ...without } = { ...free, says: 'It happened. Not started: No.' }

  expect(verdictOn(without)).toEqual({ outcome: 'skipped', says: 'It happened. Not started: No.' })
})

it('waits for the run in progress, and behind those that wait already', () => {
  const waits = { outcome: 'pending', says: 'It happened. Waits for the run r1 to end.' }

  expect(verdictOn({ ...free, spec: queue, openRun: 'r1' })).toEqual({ ...waits, replaces: false })
  expect(verdictOn({ ...free, spec: replace, openRun: 'r1' })).toEqual({ ...waits, replaces: true })
  expect(verdictOn({ ...free, spec: queue, waitingBefore: 1 })).toMatchObject({ outcome: 'pending' })
})

it('waits by default only where a cron trigger catches up on all', () => {
  const cron = { kind: 'cron', cron: '@daily', timezone: 'UTC' } as const

  expect(whenBusyOf({ on: { kind: 'webhook' } })).toBe('skip')
  expect(whenBusyOf({ on: { ...cron, catchUp: 'latest' } })).toBe('skip')
  expect(whenBusyOf({ on: { ...cron, catchUp: { all: 3 } } })).toBe('queue')
  expect(whenBusyOf({ on: { ...cron, catchUp: { all: 3 } }, whenBusy: 'replace' })).toBe('replace')
})
