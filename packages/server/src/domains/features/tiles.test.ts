import type { Feature } from '@evenkeel/contract'
import { seededRandom } from '@evenkeel/numerics'
import { expect, it } from 'vitest'
import { toGrid } from './grid.ts'
import { encodePiece, readBlock } from './tile-block.ts'
import {
  bySlot,
  createReader,
  emptyTile,
  type EventColumns,
  inOrder,
  mergeTiles,
  tileAfter,
  tileOutside,
  tilesOf,
} from './tiles.ts'

const random = seededRandom(5)
const below = (limit: number) => Math.floor(random() * limit)

/** Many events at few times, so that the same time comes often. */
const someEvents = (count: number): EventColumns => ({
  keys: Array.from({ length: count }, () => 'JFK'),
  eventTimesMs: Array.from({ length: count }, () => below(40) * 3_600_000 - 86_400_000),
  measures: { fare: Array.from({ length: count }, () => random() * 1000 - 500) },
})

const concat = (a: EventColumns, b: EventColumns): EventColumns => ({
  keys: [...a.keys, ...b.keys],
  eventTimesMs: [...a.eventTimesMs, ...b.eventTimesMs],
  measures: { fare: [...a.measures['fare']!, ...b.measures['fare']!] },
})

const reversed = ({ keys, eventTimesMs, measures }: EventColumns): EventColumns => ({
  keys: keys.toReversed(),
  eventTimesMs: eventTimesMs.toReversed(),
  measures: { fare: measures['fare']!.toReversed() },
})

it('sums up the same events to the same bits, in whatever order and pieces they come', () => {
  const [a, b] = [someEvents(300), someEvents(500)]

  const [whole] = tilesOf(concat(a, b))
  const [pieces] = [mergeTiles(tilesOf(b)[0]!, tilesOf(a)[0]!)]
  const [backwards] = tilesOf(reversed(concat(a, b)))

  expect(pieces).toEqual(whole)
  expect(backwards).toEqual(whole)
  expect(whole!.timesMs).toEqual(whole!.timesMs.toSorted((x, y) => x - y))
  expect(whole!.counts.reduce((sum, count) => sum + count)).toBe(800)
})

it('moves a value by half a millionth at most, to either side alike', () => {
  expect([0, 1, -7.5, 2 ** -20, 0.1, -0.1, 1.5 * 2 ** -20, -1.5 * 2 ** -20].map(toGrid)).toEqual([
    0,
    1,
    -7.5,
    2 ** -20,
    104_858 / 1_048_576,
    -104_858 / 1_048_576,
    2 ** -19,
    -(2 ** -19),
  ])
})

function unpack(block: Buffer, slot: number) {
  const tile = emptyTile('JFK', ['fare'])
  readBlock(block, slot, ['fare'], tile)
  return inOrder(tile)
}

it('reads back what was packed in pieces as if it had been packed at once', () => {
  const [late, early] = [someEvents(50), someEvents(80)]
  const part = (events: EventColumns) => bySlot(tilesOf(events)[0]!).find(({ slot }) => slot === 0)!.tile

  const block = Buffer.concat([part(late), part(early)].map((tile) => encodePiece(tile, 0, ['fare'])))

  expect(unpack(block, 0)).toEqual(part(concat(late, early)))
})

it('reads back what was packed, slot by slot, before and after 1970', () => {
  const [tile] = tilesOf(someEvents(200))

  const slots = bySlot(tile!)
  const unpacked = slots.map(({ slot, tile: part }) => unpack(encodePiece(part, slot, ['fare']), slot))

  expect(slots.map(({ slot }) => slot)).toEqual([-1, 0])
  expect(unpacked.reduce(mergeTiles)).toEqual(tile)
})

it('cuts at the first instant that is later', () => {
  const tile = tilesOf({ keys: ['a', 'a', 'a'], eventTimesMs: [10, 20, 30], measures: {} })[0]!

  expect(tileAfter(tile, 20).timesMs).toEqual([30])
  expect(tileOutside(tile, 10, 20).timesMs).toEqual([10, 30])
  expect(tileOutside(tile, 0, 9).timesMs).toEqual([10, 20, 30])
})

it('looks at (t - from, t - until], as counting one by one does', () => {
  const events = someEvents(400)
  const read = createReader(tilesOf(events)[0]!)
  const window = { fromSeconds: 6 * 3600, untilSeconds: 2 * 3600 }
  const count: Feature = { name: 'n', aggregation: 'count' }
  const mean: Feature = { name: 'm', aggregation: 'mean', measure: 'fare' }

  for (let hour = -30; hour < 30; hour++) {
    const t = hour * 3_600_000
    const inside = [...events.eventTimesMs.keys()].filter((row) => {
      const time = events.eventTimesMs[row]!
      return time > t - 6 * 3_600_000 && time <= t - 2 * 3_600_000
    })
    expect(read(count, window, t)).toBe(inside.length)
    const sum = inside.reduce((total, row) => total + toGrid(events.measures['fare']![row]!), 0)
    expect(read(mean, window, t)).toBe(inside.length === 0 ? null : sum / inside.length)
  }
})
