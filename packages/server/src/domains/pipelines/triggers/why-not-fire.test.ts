import { expect, it } from 'vitest'
import { type Facts, whyNotFire } from './why-not-fire.ts'

const at = (text: string) => Date.parse(`${text}T00:00:00Z`)
const champion = {
  version: 3,
  trainedFrom: '2001-01-01T00:00:00Z',
  trainedUntil: '2001-02-01T00:00:00.000Z',
  promotedEventTime: '2001-04-01T00:00:00Z',
}
const window = {
  train: { from: at('2001-02-01'), until: at('2001-03-01') },
  holdout: { from: at('2001-03-01'), until: at('2001-04-01') },
}
const free: Facts = {
  window,
  champion,
  openRun: null,
  sameSpans: null,
  rollout: null,
  cooldownDays: 0,
  eventTime: '2001-04-01T00:00:00Z',
}

it('has no reason when there is none', () => {
  expect(whyNotFire(free)).toBeUndefined()
  expect(whyNotFire({ ...free, champion: null, cooldownDays: 99 })).toBeUndefined()
})

it.each([
  { facts: { openRun: 'r1' }, says: 'The run r1 of this pipeline is in progress.' },
  { facts: { rollout: 'o1' }, says: 'The rollout o1 of this model is in progress.' },
  {
    facts: { window: { ...window, train: { from: at('2001-01-01'), until: at('2001-02-01') } } },
    says: 'The champion, version 3, was trained on just this data, 2001-01-01 to 2001-02-01.',
  },
  {
    facts: { sameSpans: { id: 'r2', state: 'failed' as const } },
    says: 'The run r2 on the same data, 2001-02-01 to 2001-03-01, has failed; retry it by hand.',
  },
  {
    facts: { cooldownDays: 14, eventTime: '2001-04-14T23:59:59Z' },
    says: 'Version 3 was promoted at 2001-04-01T00:00:00Z; no retraining before 2001-04-15T00:00:00.000Z (event time).',
  },
])('says: $says', ({ facts, says }) => {
  expect(whyNotFire({ ...free, ...facts })).toBe(says)
})

it('does not ask about data when no window is trained on', () => {
  const facts = { window: null, sameSpans: { id: 'r2', state: 'failed' as const } }

  expect(whyNotFire({ ...free, ...facts })).toBeUndefined()
  expect(whyNotFire({ ...free, ...facts, rollout: 'o1' })).toBe('The rollout o1 of this model is in progress.')
})

it('has cooled down to the second', () => {
  expect(whyNotFire({ ...free, cooldownDays: 14, eventTime: '2001-04-15T00:00:00Z' })).toBeUndefined()
})
