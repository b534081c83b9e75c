import { MatrixSpec } from '@evenkeel/contract'
import { seededRandom } from '@evenkeel/numerics'
import { describe, expect, it } from 'vitest'
import { recordEnd, recordLookUp, recordStart, reopen, requestCancel, settle } from './apply.ts'
import { recordLeft } from './condition.ts'
import { expandPlan } from './expansion.ts'
import { hasEnded, isLive, type Plan, type PlannedStep, type States } from './states.ts'
import { fresh, plainStep, planOf } from './testing.ts'

const step = (key: string, needs: readonly string[] = [], lists?: object): PlannedStep => ({
  ...plainStep,
  key,
  needs,
  expand: lists ? MatrixSpec.parse(lists) : null,
})
const list = (of: string) => ({ step: of, value: 'list' })

const plan = planOf(
  [
    step('join', ['many', 'more']),
    step('more', ['b', 'many'], { lists: { x: list('b'), y: [1, 2] }, exclude: [{ x: 'p', y: 1 }] }),
    step('a'),
    step('many', ['a'], { lists: { file: list('a') } }),
    step('b'),
  ],
  3,
)

type Lists = Readonly<Record<string, string>>
const lists: Lists = { a: '["1.csv","2.csv","3.csv"]', b: '["p","q"]' }

/** Settles, reads what was written, and finds no earlier result. */
function answered(of: Plan, before: States, written: Lists, now: number): States {
  for (let states = before; ;) {
    const settled = settle(of, states, now)
    states = settled.states
    if (settled.reads.length + settled.lookUps.length === 0) return states
    for (const key of settled.reads)
      states = recordLeft(states, key, { values: key in written ? { list: written[key]! } : {}, metrics: {} })
    for (const key of settled.lookUps)
      states = recordLookUp(states, key, { code: 'first', says: 'New.', fromRun: null })
  }
}

/** Ends attempts in any order until the run is over. */
function live(random: () => number, of: Plan, written: Lists, from = fresh(of), failing = 0): States {
  let states = from
  for (let now = 1; now < 500; now++) {
    states = answered(of, states, written, now)
    if (hasEnded(states.run)) return states
    const running = states.steps.flatMap(({ key, attempts }) =>
      attempts.filter(isLive).map(({ attempt }) => ({ step: key, attempt })),
    )
    const one = running[Math.floor(random() * running.length)]!
    const outcome = random() < failing ? 'exit' : 'ok'
    states = recordEnd(recordStart(states, one, now), one, { outcome, reason: 'So it was.' }, now)
  }
  throw new Error(`The run does not end: ${JSON.stringify(states)}`)
}

const keysOf = ({ steps }: States) => steps.map(({ key }) => key)
const expanded = [
  'join',
  'more[x=p,y=2]',
  'more[x=q,y=1]',
  'more[x=q,y=2]',
  'a',
  'many[file=1.csv]',
  'many[file=2.csv]',
  'many[file=3.csv]',
  'b',
]

describe('a matrix that a step lists', () => {
  it('becomes the same steps, whatever happens first, and whatever comes later waits for all of them', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const states = live(seededRandom(seed), plan, lists)

      expect(states.run).toMatchObject({ state: 'succeeded', reason: 'All 9 steps succeeded.' })
      expect(keysOf(states)).toEqual(expanded)
    }
    const known = expandPlan(plan, live(seededRandom(1), plan, lists))
    expect(known.steps.map(({ key }) => key)).toEqual(expanded)
    expect(known.steps[0]!.needs).toEqual([...expanded.slice(5, 8), ...expanded.slice(1, 4)])
    expect(known.steps[1]).toMatchObject({ matrix: { x: 'p', y: 2 }, needs: ['b', ...expanded.slice(5, 8)] })
  })

  it('becomes the same steps when a run is opened again, before or after it was known', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed)
      const ended = live(random, plan, lists, fresh(plan), 0.2)
      if (ended.run.state === 'succeeded') continue
      const again = live(random, plan, lists, reopen(ended))

      expect(again.run.state).toBe('succeeded')
      expect(keysOf(again)).toEqual(expanded)
    }
  })

  it.each<[string, Lists, string, RegExp]>([
    ['is empty', { ...lists, a: '[]' }, 'skipped', /empty: "a" listed nothing/],
    ['has the same twice', { ...lists, a: '["x","x"]' }, 'failed', /read the same as a name/],
    ['has two that read the same', { ...lists, a: '["a/b","a?b"]' }, 'failed', /shorten the values/],
    ['is no list', { ...lists, a: 'x,y' }, 'failed', /is no list as in \["a", "b"\]: x,y/],
    ['was not written', { b: lists['b']! }, 'failed', /wrote none of that name/],
    [
      'is too long',
      { ...lists, a: JSON.stringify(Array.from({ length: 5000 }, (_, at) => at)) },
      'failed',
      /more than the 4998/,
    ],
  ])('that %s does not run, and says so', (_, written, state, says) => {
    const states = live(seededRandom(1), plan, written)

    expect(states.steps.find(({ key }) => key === 'many')).toMatchObject({ state, reason: expect.stringMatching(says) })
    expect(states.steps.find(({ key }) => key === 'join')).toMatchObject({ state: 'skipped', attempts: [] })
  })

  it('takes combinations as they are listed', () => {
    const of = planOf([step('a'), step('t', ['a'], { include: list('a') })], 1)
    const states = live(seededRandom(1), of, { a: '[{"x":1,"y":"u"},{"x":2}]' })

    expect(keysOf(states)).toEqual(['a', 't[x=1,y=u]', 't[x=2]'])
  })

  it('does not become anything once the run is cancelled', () => {
    const states = answered(plan, fresh(plan), lists, 1)
    const cancelled = live(seededRandom(1), plan, lists, requestCancel(states, 'Enough.', 2))

    expect(keysOf(cancelled)).toEqual(plan.steps.map(({ key }) => key))
    expect(cancelled.run.state).toBe('cancelled')
  })

  it('comes to rest with 9,990 steps', () => {
    const of = planOf([step('a'), step('t', ['a'], { lists: { n: list('a') } }), step('z', ['t'])], 1)
    const written = { a: JSON.stringify(Array.from({ length: 9990 }, (_, at) => at)) }
    const first = answered(of, fresh(of), written, 1)
    const ended = recordEnd(first, { step: 'a', attempt: 1 }, { outcome: 'ok', reason: 'Done.' }, 2)

    const settled = settle(of, recordLeft(ended, 'a', { values: { list: written.a }, metrics: {} }), 3)

    expect(settled.states.steps).toHaveLength(9992)
    expect(settled.lookUps).toHaveLength(9990)
  }, 60_000)
})
