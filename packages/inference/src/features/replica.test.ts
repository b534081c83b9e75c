import type { FeatureUpdate, FeatureViewSpec, Tile } from '@evenkeel/contract'
import { seededRandom } from '@evenkeel/numerics'
import { expect, it } from 'vitest'
import { lookUp, Replicas } from './replicas.ts'
import { ViewReplica } from './replica.ts'

const spec: FeatureViewSpec = {
  description: '',
  entity: 'origin',
  source: { dataset: 'flights', keyColumn: 'origin', eventTimeColumn: 'date', measures: { late: 'delay > 15' } },
  window: { fromSeconds: 6 * 3600, untilSeconds: 2 * 3600 },
  features: [
    { name: 'departures', aggregation: 'count' },
    { name: 'late_share', aggregation: 'mean', measure: 'late' },
  ],
}
const hourMs = 3_600_000
const update = (kind: 'snapshot' | 'delta', sequence: number, tiles: readonly Tile[]): FeatureUpdate => ({
  kind,
  view: 'origin_traffic',
  version: 1,
  sequence,
  spec: kind === 'snapshot' ? spec : null,
  tiles: [...tiles],
})
const tile = (key: string, timesMs: readonly number[], late: readonly number[]): Tile => ({
  key,
  timesMs: [...timesMs],
  counts: timesMs.map(() => 1),
  sums: { late: [...late] },
})
const replicaOf = (...tiles: Tile[]) => new ViewReplica(update('snapshot', 0, tiles), spec)

it('counts events in (t - from, t - until], open on the left and closed on the right', () => {
  const t = 100 * hourMs
  const replica = replicaOf(
    tile('SEA', [t - 6 * hourMs, t - 6 * hourMs + 1, t - 2 * hourMs, t - 2 * hourMs + 1], [1, 1, 0, 1]),
  )

  expect(replica.valuesAt('SEA', t)).toEqual({ departures: 2, late_share: 0.5 })
})

it('answers an empty window and an unknown key with count 0 and no mean', () => {
  const replica = replicaOf(tile('SEA', [0], [1]))

  expect(replica.valuesAt('SEA', 100 * hourMs)).toEqual({ departures: 0, late_share: null })
  expect(replica.valuesAt('nowhere', 0)).toEqual({ departures: 0, late_share: null })
})

it('agrees with counting every event, in whatever order and pieces they came', () => {
  const random = seededRandom(7)
  const events = Array.from({ length: 4000 }, () => ({
    key: ['SEA', 'LAX', 'PHX'][Math.floor(random() * 3)]!,
    // Whole minutes, so that many events share a time.
    timeMs: Math.floor(random() * 24 * 60) * 60_000,
    late: random() < 0.3 ? 1 : 0,
  }))
  const replica = replicaOf()
  events.forEach(({ key, timeMs, late }, i) => replica.apply(update('delta', i + 1, [tile(key, [timeMs], [late])])))

  for (let i = 0; i < 500; i++) {
    const key = ['SEA', 'LAX', 'PHX'][i % 3]!
    // Late enough that nothing of the window is forgotten.
    const t = replica.answersFromMs + Math.floor(random() * 20 * hourMs)
    const inside = events.filter((e) => e.key === key && e.timeMs > t - 6 * hourMs && e.timeMs <= t - 2 * hourMs)
    const late = inside.reduce((sum, e) => sum + e.late, 0)
    expect(replica.valuesAt(key, t)).toEqual({
      departures: inside.length,
      late_share: inside.length === 0 ? null : late / inside.length,
    })
  }
})

it('forgets what no row of the last four days needs, and says so instead of answering with too little', () => {
  const replica = replicaOf(tile('SEA', [0, 1], [1, 1]), tile('LAX', [103 * hourMs], [0]))
  replica.forgetOld()

  expect([...replica.tiles()].map(({ key }) => key)).toEqual(['LAX'])
  expect(() => lookUp(replica, ['SEA'], [3 * hourMs])).toThrow(/as of 1970-01-01T03:00:00.000Z are not kept/)
  expect(lookUp(replica, ['SEA'], [28 * hourMs])).toEqual([{ departures: 0, late_share: null }])
})

it('applies pushes in order, once, and reports a gap', () => {
  const replicas = new Replicas()
  expect(replicas.apply(update('delta', 1, []))).toBe('gap')
  expect(replicas.apply(update('snapshot', 5, [tile('SEA', [hourMs], [1])]))).toBe('applied')
  expect(replicas.apply(update('delta', 6, [tile('SEA', [hourMs], [0])]))).toBe('applied')
  expect(replicas.apply(update('delta', 6, [tile('SEA', [hourMs], [0])]))).toBe('known')
  expect(replicas.apply(update('delta', 8, []))).toBe('gap')

  expect(replicas.get('origin_traffic')!.valuesAt('SEA', 5 * hourMs)).toEqual({ departures: 2, late_share: 0.5 })
  expect(replicas.get('origin_traffic')!.sequence).toBe(6)
})
