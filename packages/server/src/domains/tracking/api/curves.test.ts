import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from 'kysely'
import { type Face, startFace } from '../../mlflow/testing.ts'
import { clientsOf, logRun } from './testing.ts'

let face: Face
let api: ReturnType<typeof clientsOf>
beforeAll(async () => {
  face = await startFace()
  api = clientsOf(face)
})
afterAll(() => face.world.stop())

const wave = Array.from({ length: 2000 }, (_, i) => (i === 777 ? 50 : i === 1500 ? -50 : Math.sin(i / 50)))

describe('curves', () => {
  it('are whole when they are short', async () => {
    const run = await logRun(face, { metrics: { loss: [3, 'NaN', 1], auc: [0.5] } })
    const other = await logRun(face, { metrics: { loss: [7] } })
    const body = { runs: [run, other, 'none'], metrics: ['loss', 'auc', 'none'], points: 3 }
    const { curves } = await api.runs.curves({ body })
    const points = [
      [0, 1000, 3],
      [1, 1001, 'NaN'],
      [2, 1002, 1],
    ]
    expect(curves).toHaveLength(3)
    expect(curves).toContainEqual({ run, metric: 'loss', total: 3, points })
    expect(curves).toContainEqual({ run, metric: 'auc', total: 1, points: [[0, 1000, 0.5]] })
    expect(curves).toContainEqual({ run: other, metric: 'loss', total: 1, points: [[0, 1000, 7]] })
  })

  it('keep their ends and every peak when they are thinned by peaks', async () => {
    const run = await logRun(face, { metrics: { wave } })
    const { curves } = await api.runs.curves({ body: { runs: [run], metrics: ['wave'], points: 102 } })
    const steps = curves[0]!.points.map(([step]) => Number(step))
    expect(curves[0]!.total).toBe(2000)
    expect(steps).toEqual(expectedPeaks(wave, 50))
    expect(steps).toContain(777)
    expect(steps).toContain(1500)
    for (const points of [2, 3]) {
      const few = await api.runs.curves({ body: { runs: [run], metrics: ['wave'], points } })
      expect(few.curves[0]!.points.map(([step]) => step)).toEqual([0, 1999])
    }
  })

  it('keep their shape when they are thinned by triangles', async () => {
    const values = Array.from({ length: 100 }, (_, i) => ((i * i * 7919) % 1009) / 10 + (i === 42 ? 250 : 0))
    const run = await logRun(face, { metrics: { y: values } })
    const { curves } = await api.runs.curves({ body: { runs: [run], metrics: ['y'], points: 8, choose: 'lttb' } })
    // Of the Python package lttb 0.3.2.
    expect(curves[0]!.points.map(([step]) => step)).toEqual([0, 1, 21, 42, 53, 70, 84, 99])
  })

  it('keep NaN out of the peaks, and show where there is nothing else', async () => {
    const gap = Array.from({ length: 100 }, (_, i) =>
      i >= 30 && i < 70 ? ('NaN' as const) : i === 80 ? 'Infinity' : i,
    )
    const nothing = Array.from({ length: 100 }, () => 'NaN' as const)
    const run = await logRun(face, { metrics: { gap, nothing } })
    const read = async (choose: 'minmax' | 'lttb') => {
      const body = { runs: [run], metrics: ['gap', 'nothing'], points: 22, choose }
      return (await api.runs.curves({ body })).curves.map(({ points }) => points)
    }
    const [peaks, none] = await read('minmax')
    expect(peaks!.length).toBeLessThanOrEqual(22)
    expect(peaks).toContainEqual([80, 1080, 'Infinity'])
    expect(peaks!.filter(([, , value]) => value === 'NaN').length).toBeGreaterThan(0)
    const [shape, nothingToo] = await read('lttb')
    expect(shape).toHaveLength(22)
    expect(shape!.filter(([, , value]) => typeof value !== 'number')).toEqual([])
    for (const points of [none!, nothingToo!]) {
      expect(points[0]).toEqual([0, 1000, 'NaN'])
      expect(points.at(-1)).toEqual([99, 1099, 'NaN'])
    }
  })

  it('are of the steps that are asked for, and exact beyond 2^53', async () => {
    const run = await logRun(face, { metrics: { loss: [0, 1, 2, 3, 4, 5] } })
    const steps = { from: 2, to: 4 }
    const { curves } = await api.runs.curves({ body: { runs: [run], metrics: ['loss'], steps } })
    expect(curves[0]).toMatchObject({
      total: 3,
      points: [
        [2, 1002, 2],
        [3, 1003, 3],
        [4, 1004, 4],
      ],
    })

    await sql`update tracking.metric_point set step = 9007199254740993 where step = 5 and run_number =
      (select run_number from tracking.run where run_id = ${run})`.execute(face.world.platform.db)
    const far = { from: 5, to: '9223372036854775807' }
    const { curves: ends } = await api.runs.curves({ body: { runs: [run], metrics: ['loss'], steps: far } })
    expect(ends[0]!.points).toEqual([['9007199254740993', 1005, 5]])
  })

  it('are refused when one answer would not hold them', async () => {
    const ask = (body: Parameters<typeof api.runs.curves>[0]['body']) => api.runs.curves({ body })
    const runs = Array.from({ length: 100 }, (_, i) => `r${i}`)
    const refused = { code: 'tracking.bad_value' }
    await expect(ask({ runs, metrics: ['a', 'b', 'c', 'd', 'e', 'f'], points: 2 })).rejects.toMatchObject(refused)
    await expect(ask({ runs, metrics: ['a'], points: 5000 })).rejects.toMatchObject(refused)
    await expect(ask({ runs, metrics: ['a'], steps: { from: 2, to: 1 } })).rejects.toMatchObject(refused)
    const beyond = { from: 0, to: '9999999999999999999' }
    await expect(ask({ runs, metrics: ['a'], steps: beyond })).rejects.toMatchObject(refused)
  })
})

/** The first, the last, and of each of so many stretches the first lowest and the last highest. */
function expectedPeaks(values: readonly number[], stretches: number): number[] {
  const steps = new Set([0, values.length - 1])
  for (let stretch = 0; stretch < stretches; stretch++) {
    const places = values
      .map((_, i) => i)
      .filter((i) => {
        const isBetween = i > 0 && i < values.length - 1
        return isBetween && Math.floor(((i - 1) * stretches) / (values.length - 2)) === stretch
      })
    steps.add(places.reduce((best, i) => (values[i]! < values[best]! ? i : best)))
    steps.add(places.reduce((best, i) => (values[i]! >= values[best]! ? i : best)))
  }
  return [...steps].toSorted((a, b) => a - b)
}
