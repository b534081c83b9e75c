import type { GrowthPlan } from './options.ts'
import { partition } from './partition.ts'
import { uniformAt } from './random.ts'
import type { Team } from './team.ts'
import type { Workspace } from './workspace.ts'

/** Puts the rows drawn for a round first in the order, ascending, and the others after them. @returns how many are drawn */
export function drawRows(workspace: Workspace, team: Team, round: number): number {
  const { plan, order } = workspace
  const [start, end] = team.part(0, order.length)
  for (let row = start; row < end; row++) order[row] = row
  team.meet()
  if (plan.rowShare === 1) return order.length
  const drawn = partition(workspace, 0, order.length, (from, to) => sortByLot(workspace, round, from, to), team)
  drawn.carryOut()
  return drawn.leftCount
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

function sortByLot({ plan, order, scratch }: Workspace, round: number, start: number, end: number): number {
  let left = start
  let right = end - 1
  for (let index = start; index < end; index++) {
    const row = order[index]!
    if (uniformAt(plan.seed, 2 * round + 1, row) < plan.rowShare) scratch[left++] = row
    else scratch[right--] = row
  }
  return left - start
}
