import type { MonitorWindow } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { diagnose, type Evidence } from './diagnosis.ts'

const column = (feature: string, relative: number, importance: number): MonitorWindow['columns'][number] => ({
  feature,
  distance: relative / 10,
  relative,
  psi: 0,
  importance,
  nullShare: 0,
  unseenShare: 0,
  rowCount: 1000,
  mean: null,
  status: relative >= 1 ? 'drift' : 'ok',
  says: `${feature} says`,
})

const bad: MonitorWindow = {
  start: '2001-02-05T00:00:00.000Z',
  end: '2001-02-12T00:00:00.000Z',
  closed: true,
  rowCount: 1000,
  labelCount: 1000,
  versions: [{ version: 1, share: 1 }],
  baselineVersion: 1,
  columns: [column('city', 0.2, 0.6), column('hour', 3, 0.15), column('distance', 0.1, 0.25)],
  score: null,
  performance: {
    auc: 0.6,
    aucLow: 0.58,
    aucHigh: 0.62,
    logLoss: 0.5,
    positiveShare: 0.2,
    meanScore: 0.2,
    calibrationError: 0.01,
    status: 'below',
    says: '',
  },
  quality: { status: 'ok', findings: [] },
  computedAt: '2001-02-12T00:00:00.000Z',
}
const evidence: Evidence = { monitor: 'm', bad, good: bad, lossBefore: [], lossNow: [], changes: [] }

const groups = (shares: readonly number[], means: readonly number[]) =>
  shares.map((share, i) => ({ value: `v${i}`, share, mean: means[i]! }))

it('ranks the input first whose new mix explains the loss, and says by how much', () => {
  // Loss rises from 0.3 to 0.5 because the hard value went from 20 % to 60 %; nothing changed within.
  const lossBefore = [
    { feature: 'city', groups: groups([0.8, 0.2], [0.2, 0.7]) },
    { feature: 'distance', groups: groups([0.5, 0.5], [0.3, 0.3]) },
  ]
  const lossNow = [
    { feature: 'city', groups: groups([0.4, 0.6], [0.2, 0.7]) },
    { feature: 'distance', groups: groups([0.5, 0.5], [0.5, 0.5]) },
  ]

  const reasons = diagnose({ ...evidence, lossBefore, lossNow })

  expect(reasons[0]).toMatchObject({
    feature: 'city',
    link: '/monitors/m?window=2001-02-05T00:00:00.000Z&feature=city',
  })
  expect(reasons[0]!.weight).toBeCloseTo(1, 12)
  expect(reasons[0]!.says).toContain('explains 100.0 % of the rise in log loss of 0.2 nats')
  expect(reasons[0]!.says).toContain('went from 20.0 % to 60.0 %')
  expect(reasons[1]).toMatchObject({ feature: 'hour', weight: 0.15 })
  expect(reasons.some(({ feature }) => feature === 'distance')).toBe(false)
})

it('says that the outcome itself changed when no mix explains it', () => {
  const lossBefore = [{ feature: 'city', groups: groups([0.5, 0.5], [0.2, 0.4]) }]
  const lossNow = [{ feature: 'city', groups: groups([0.5, 0.5], [0.4, 0.6]) }]

  const [first] = diagnose({ ...evidence, lossBefore, lossNow })

  expect(first).toMatchObject({ feature: null, weight: 1 })
  expect(first!.says).toContain('For the same inputs the outcome has changed')
})

it('names what happened at the time with its link', () => {
  const changes = [{ says: 'version 2 was rolled out', link: '/deployments/delays', at: '2001-02-03T00:00:00.000Z' }]

  expect(diagnose({ ...evidence, changes })[0]).toMatchObject({
    says: '2001-02-03: version 2 was rolled out',
    link: '/deployments/delays',
  })
})
