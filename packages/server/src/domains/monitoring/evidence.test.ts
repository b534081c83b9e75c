import { afterAll, beforeAll, expect, it } from 'vitest'
import { dayAt, type MonitoringWorld, recordOf, startMonitoring } from './testing.ts'

let world: MonitoringWorld
beforeAll(async () => {
  world = await startMonitoring()
}, 60_000)
afterAll(() => world.stop())

it('sums the paired differences in log loss over labelled records of the rollout, clipped', async () => {
  const pairs = [
    { candidate: 0.9, champion: 0.8, label: 1 },
    { candidate: 0.2, champion: 0.3, label: 0 },
    { candidate: 1, champion: 0.7, label: 0 },
    { candidate: 0.4, champion: 0, label: 1 },
  ]
  const rows = pairs.map(({ candidate, champion, label }, i) => ({
    label,
    record: recordOf({
      endpoint: 'canary',
      id: `p${i}`,
      rolloutId: 'ro1',
      arm: i % 2 === 0 ? 'canary' : 'baseline',
      eventTime: dayAt(i),
      score: i === 3 ? null : candidate,
      pairedCandidate: candidate,
      pairedChampion: champion,
    }),
  }))
  const others = [
    recordOf({
      endpoint: 'canary',
      id: 'unlabelled',
      rolloutId: 'ro1',
      eventTime: dayAt(9),
      pairedCandidate: 0.5,
      pairedChampion: 0.5,
    }),
    recordOf({ endpoint: 'canary', id: 'unpaired', rolloutId: 'ro1' }),
    recordOf({
      endpoint: 'canary',
      id: 'other',
      rolloutId: 'ro2',
      eventTime: dayAt(30),
      pairedCandidate: 0.5,
      pairedChampion: 0.5,
    }),
  ]
  // Two labels come before their prediction.
  await world.label('canary', rows.slice(0, 2))
  await world.send('canary-1', [...rows.map(({ record }) => record), ...others])
  await world.label('canary', [...rows.slice(2), { record: others[1]!, label: 1 }, { record: others[2]!, label: 0 }])

  const found = await world.monitoring.evidence('default', 'canary', 'ro1')

  // numpy: losses of np.clip(scores, 1e-6, 1 - 1e-6), candidate less champion
  expect(found.paired.count).toBe(4)
  expect(found.paired.sum).toBeCloseTo(-0.5389965007614439, 9)
  expect(found.paired.sumSquares).toBeCloseTo(325.4724601088209, 8)
  expect(found.units).toEqual({ primary: 2, canary: 2, baseline: 2 })
  const counts = (bins: Readonly<Record<number, number>>) => Array.from({ length: 20 }, (_, i) => bins[i] ?? 0)
  expect(found.scores).toEqual({
    canary: counts({ 18: 1, 19: 1 }),
    baseline: counts({ 4: 1 }),
    primary: counts({ 10: 2 }),
  })
  expect(found).toMatchObject({ eventTimeMin: dayAt(0), eventTimeMax: dayAt(9) })
})

it('has nothing to say about a rollout without records', async () => {
  expect(await world.monitoring.evidence('default', 'canary', 'never')).toMatchObject({
    units: { primary: 0, canary: 0, baseline: 0 },
    paired: { count: 0, sum: 0, sumSquares: 0 },
    eventTimeMin: null,
    eventTimeMax: null,
  })
})
