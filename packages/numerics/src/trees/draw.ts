import type { GrowthPlan } from './options.ts'
import { ownPlace, ownRuns } from './own-rows.ts'
import { uniformAt, uniformOf } from './random.ts'
import type { Team } from './team.ts'
import type { Workspace } from './workspace.ts'

/** Places in the order of a member's rows: the drawn ones `[start, drawnEnd)`, the others `[drawnEnd, end)`. */
export interface Draw {
  readonly start: number
  readonly drawnEnd: number
  readonly end: number
}

/** Puts this member's rows that are drawn for a round first in its part of the order, and its others after them. */
export function createDrawer({ plan, order, scratch }: Workspace, team: Team): (round: number) => Draw {
  const runs = ownRuns(team, order.length)
  const { start, end } = ownPlace(team, order.length)

  function fillIn(): Draw {
    let at = start
    for (const run of runs) for (let row = run.start; row < run.end; row++) order[at++] = row
    return { start, drawnEnd: end, end }
  }

  function draw(round: number): Draw {
    const uniform = uniformOf(plan.seed, 2 * round + 1)
    let drawnEnd = start
    let restEnd = start
    for (const run of runs) {
      for (let row = run.start; row < run.end; row++) {
        // Both places are written and one cursor moves: cheaper than a branch that is wrong half of the time.
        order[drawnEnd] = row
        scratch[restEnd] = row
        const isDrawn = Number(uniform(row) < plan.rowShare)
        drawnEnd += isDrawn
        restEnd += 1 - isDrawn
      }
    }
    order.set(scratch.subarray(start, restEnd), drawnEnd)
    return { start, drawnEnd, end }
  }

  return (round) => (plan.rowShare === 1 ? fillIn() : draw(round))
}

/** Indices of the features drawn for a tree, ascending; at least one. */
export function drawFeatures({ seed, featureShare }: GrowthPlan, featureCount: number, treeIndex: number): number[] {
  const count = Math.max(1, Math.round(featureShare * featureCount))
  const lot = Float64Array.from({ length: featureCount }, (_, feature) => uniformAt(seed, 2 * treeIndex + 2, feature))
  return Array.from(lot.keys())
    .sort((a, b) => lot[a]! - lot[b]! || a - b)
    .slice(0, count)
    .sort((a, b) => a - b)
}
