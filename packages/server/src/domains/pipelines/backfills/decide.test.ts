import { describe, expect, it } from 'vitest'
import { seededRandom } from '@evenkeel/numerics'
import { type BackfillNow, decideBackfill, type PartitionNow } from './decide.ts'

const running: BackfillNow = { state: 'running', order: 'oldest', maxActive: 2, cancelRuns: false }
const of = (...states: PartitionNow['state'][]): PartitionNow[] =>
  states.map((state, position) => ({
    position,
    state,
    run: state === 'pending' || state === 'skipped' ? null : { id: `run-${position}`, state, reason: null },
  }))
const starts = (...of: Parameters<typeof decideBackfill>) =>
  decideBackfill(...of).flatMap((action) => (action.do === 'start' ? [action.position] : []))

describe('what is started', () => {
  it('is the oldest or the newest, never more than allowed, and only where a slot is left', () => {
    const all = of('succeeded', 'pending', 'pending', 'pending')

    expect(starts(running, all, 9)).toEqual([1, 2])
    expect(starts({ ...running, order: 'newest' }, all, 9)).toEqual([3, 2])
    expect(starts(running, all, 1)).toEqual([1])
    expect(starts(running, all, 0)).toEqual([])
    expect(starts(running, all, -3)).toEqual([])
    expect(starts(running, of('running', 'pending', 'pending'), 9)).toEqual([1])
  })

  it.each(['paused', 'cancelled', 'succeeded', 'failed'] as const)('is nothing while it is %s', (state) => {
    expect(starts({ ...running, state }, of('pending', 'pending'), 9)).toEqual([])
  })
})

it('follows runs: also one that somebody retries after the backfill was over', () => {
  const [partition] = of('failed')
  const retried = [{ ...partition!, run: { ...partition!.run!, state: 'queued' as const } }]

  expect(decideBackfill({ ...running, state: 'failed' }, retried, 0)).toEqual([
    { do: 'settle', position: 0, state: 'running', reason: null },
    { do: 'become', state: 'running' },
  ])
})

it('cancels open runs only when it was asked to', () => {
  const all = of('running', 'pending', 'succeeded')
  const cancelled = { ...running, state: 'cancelled' } as const

  expect(decideBackfill(cancelled, all, 9).map((action) => action.do)).toEqual(['settle'])
  expect(decideBackfill({ ...cancelled, cancelRuns: true }, all, 9)).toMatchObject([
    { do: 'settle', position: 1, state: 'cancelled' },
    { do: 'cancel', runId: 'run-0' },
  ])
})

/** A world that does what is decided, forgets some of it, and lets runs end as they like. */
function play(seed: number) {
  const random = seededRandom(seed)
  const pick = <T>(...items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  const slots = 1 + Math.floor(random() * 6)
  let backfill: BackfillNow = { ...running, order: pick('oldest', 'newest'), maxActive: 1 + Math.floor(random() * 4) }
  let all = of(...Array.from({ length: 1 + Math.floor(random() * 25) }, () => 'pending' as const))
  const tries = new Map<number, number>()
  const change = (position: number, to: Partial<PartitionNow>) =>
    (all = all.map((one) => (one.position === position ? { ...one, ...to } : one)))
  const active = () => all.filter(({ run }) => run?.state === 'running').length

  for (let round = 0; round < 400; round++) {
    const busy = pick(0, 0, 1, 3)
    const actions = decideBackfill(backfill, all, slots - busy - active())
    for (const action of actions) {
      // A server that dies in between.
      if (random() < 0.1) break
      if (action.do === 'settle') change(action.position, { state: action.state })
      if (action.do === 'become') backfill = { ...backfill, state: action.state }
      if (action.do !== 'start') continue
      tries.set(action.position, (tries.get(action.position) ?? 0) + 1)
      if (random() < 0.1) change(action.position, { state: 'skipped' })
      else
        change(action.position, { state: 'running', run: { id: `${action.position}`, state: 'running', reason: null } })
      expect(active()).toBeLessThanOrEqual(Math.min(backfill.maxActive, slots))
    }
    if (actions.length === 0 && (backfill.state === 'succeeded' || backfill.state === 'failed')) break
    for (const { position, run } of all) {
      if (run?.state !== 'running' || random() < 0.5) continue
      change(position, { run: { ...run, state: pick('succeeded', 'succeeded', 'failed', 'cancelled') } })
    }
    if (backfill.state === 'running' && random() < 0.1) backfill = { ...backfill, state: 'paused' }
    else if (backfill.state === 'paused' && random() < 0.5) backfill = { ...backfill, state: 'running' }
  }
  return { backfill, all, tries }
}

it('whatever dies in between: each partition is tried once, never too many at a time, and it comes to the right end', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const { backfill, all, tries } = play(seed)

    expect(
      all.map(({ position }) => tries.get(position)),
      `seed ${seed}`,
    ).toEqual(all.map(() => 1))
    const bad = all.some(({ state }) => state === 'failed' || state === 'cancelled')
    expect(backfill.state, `seed ${seed}`).toBe(bad ? 'failed' : 'succeeded')
    expect(all.every(({ state, run }) => state === (run?.state ?? 'skipped'))).toBe(true)
    expect(decideBackfill(backfill, all, 9)).toEqual([])
  }
})
