import { type Curve, type CurvesRequest, mostCurvePoints, mostCurves, trackingErrors } from '@evenkeel/contract'
import { largestTriangles } from '@evenkeel/numerics'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { type CurveRow, readCurves } from './curve-store.ts'
import type { Settle } from './metric-journal.ts'

const fail = failures(trackingErrors)

type Points = Curve['points']
type Steps = { readonly from: bigint; readonly to: bigint }

/**
 * Points that triangles are looked for among, of all curves of a request: at least four times as many as are chosen. Of
 * a longer curve only the peaks are looked at (MinMaxLTTB, Van Der Donckt 2023), so memory and time have an end.
 */
const mostLookedAt = 4 * mostCurvePoints

/** How metrics went, for charts. */
export function createCurves({ db, settle }: { readonly db: Db; readonly settle: Settle }) {
  return {
    /** @throws DomainError `tracking.bad_value` for more curves or points than one answer holds, and steps the wrong way round */
    async read({ projectId }: Caller, request: CurvesRequest): Promise<Curve[]> {
      const { points: most, choose } = request
      const runIds = [...new Set(request.runs)]
      const keys = [...new Set(request.metrics)]
      const count = runIds.length * keys.length
      requireFew(count, most)
      const asked = { projectId, runIds, keys, steps: stepsOf(request) }
      await settle(asked)
      const rows = await readCurves(db, asked, choose === 'minmax' ? most : Math.floor(mostLookedAt / count))
      return rows.map((row) => presentCurve(row, choose === 'minmax' ? undefined : most))
    },
  }
}

const presentCurve = ({ run_id, key, total, points }: CurveRow, most: number | undefined): Curve => {
  const read = JSON.parse(`[${points}]`) as Points
  return { run: run_id, metric: key, total, points: most === undefined ? read : shapeOf(read, most) }
}

/** NaN and infinities span no triangle: besides the ends, numbers alone are chosen. */
function shapeOf(points: Points, most: number): Points {
  if (points.length <= most) return points
  const ends = [points[0]!, points.at(-1)!]
  if (most === 2) return ends
  const between = points.slice(1, -1).filter(([, , value]) => typeof value === 'number')
  const [isFirst, isLast] = ends.map(([, , value]) => typeof value === 'number')
  const numbers = [...(isFirst ? [ends[0]!] : []), ...between, ...(isLast ? [ends[1]!] : [])]
  const room = most - Number(!isFirst) - Number(!isLast)
  const places = room < 2 ? [] : largestTriangles(valuesOf(numbers, 0), valuesOf(numbers, 2), room)
  const chosen = Array.from(places, (place) => numbers[place]!)
  return [...(isFirst ? [] : [ends[0]!]), ...chosen, ...(isLast ? [] : [ends[1]!])]
}

const valuesOf = (points: Points, column: 0 | 2) => Float64Array.from(points, (point) => Number(point[column]))

function stepsOf({ steps }: CurvesRequest): Steps | undefined {
  if (!steps) return undefined
  const [from, to] = [BigInt(steps.from), BigInt(steps.to)]
  for (const step of [from, to]) {
    if (BigInt.asIntN(64, step) !== step) throw bad('steps', `The step ${step} is beyond 64 bits, as no step is.`)
  }
  if (from > to) throw bad('steps', `The steps begin at ${from} and end at ${to}: give the lower one first.`)
  return { from, to }
}

function requireFew(curves: number, points: number): void {
  if (curves > mostCurves) {
    throw bad(
      'metrics',
      `${curves} curves were asked for, and one answer holds ${mostCurves}: ask for fewer runs or metrics.`,
    )
  }
  if (curves * points <= mostCurvePoints) return
  const why = `${curves} curves of ${points} points were asked for, and one answer holds ${mostCurvePoints} points: ask for ${Math.floor(mostCurvePoints / curves)} points of each, or for fewer curves.`
  throw bad('points', why)
}

const bad = (field: string, why: string) => fail('tracking.bad_value', { field }, { why })
