import type { CurveView } from './points.ts'

/** What the address says of how curves are drawn. */
export interface CurveSearch {
  readonly axis?: CurveView['axis'] | undefined
  readonly smooth?: number | undefined
  readonly log?: boolean | undefined
  readonly charts?: CurveView['charts'] | undefined
}

export const curveViewOf = ({ axis = 'step', smooth = 0, log = false, charts = 'lines' }: CurveSearch): CurveView => ({
  axis,
  smooth,
  log,
  charts,
})

/** As the address holds it: what is usual is left out. */
export const curveSearchOf = ({ axis, smooth, log, charts }: CurveView): Required<CurveSearch> => ({
  axis: axis === 'step' ? undefined : axis,
  smooth: smooth === 0 ? undefined : smooth,
  log: log || undefined,
  charts: charts === 'lines' ? undefined : charts,
})
