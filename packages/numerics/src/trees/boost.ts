import { binRows } from './bin-rows.ts'
import { addTree, type FlatTree, flatten } from './flat-tree.ts'
import { createGrower, type GrownTree } from './grow.ts'
import { fillGradients, gradientScale, sumLoss } from './loss.ts'
import type { Tree } from './model.ts'
import { ownRuns } from './own-rows.ts'
import type { Team } from './team.ts'
import type { Rows } from './shared-rows.ts'
import { rowsPerLossBlock, type Workspace } from './workspace.ts'

/** What member 0 tells the outside after each round. */
export interface RoundReport {
  readonly trees: readonly Tree[]
  /** Mean loss of the validation set; undefined without one. */
  readonly validationLoss: number | undefined
}

/** Trains to the end. All members of the team run it side by side; nothing of it depends on how many they are. */
export function boost(workspace: Workspace, team: Team, report: (report: RoundReport) => void): void {
  const { plan, training, validation } = workspace
  const runs = ownRuns(team, training.labels.length)
  const task = { ...workspace, labels: training.labels, scale: gradientScale(plan.loss, training.labels) }
  const grow = createGrower(workspace, team)
  const outputs = Array.from({ length: plan.outputCount }, (_, output) => output)
  const isOver = patience(plan.patience)

  binRows(workspace, team)
  for (let round = 0; round < plan.treeCount; round++) {
    for (const { start, end } of runs) fillGradients(task, start, end)
    const trees = outputs.map((output) => {
      const grown = grow(round, output)
      addToScores(workspace, grown, output)
      return grown.tree
    })
    const validationLoss = validation && validate(workspace, validation, team, trees.map(flatten))
    if (team.member === 0) report({ trees, validationLoss })
    if (validationLoss !== undefined && isOver(validationLoss)) return
  }
}

/** The rows of this member lie leaf by leaf in the order. */
function addToScores({ order, scores }: Workspace, { leaves }: GrownTree, output: number): void {
  const scoresAt = output * order.length
  for (const { drawn, rest, value } of leaves) {
    for (const { start, end } of [drawn, rest]) {
      for (let index = start; index < end; index++) scores[scoresAt + order[index]!]! += value
    }
  }
}

function validate(workspace: Workspace, rows: Rows, team: Team, trees: readonly FlatTree[]): number {
  const { plan, validationScores, validationOrder, blockLosses } = workspace
  const rowCount = rows.labels.length
  for (let block = team.member; block < blockLosses.length; block += team.size) {
    const start = block * rowsPerLossBlock
    const end = Math.min(rowCount, start + rowsPerLossBlock)
    trees.forEach((tree, output) =>
      addTree(tree, rows.columns, validationScores, output * rowCount, validationOrder, start, end),
    )
    blockLosses[block] = sumLoss(plan, rows.labels, validationScores, start, end)
  }
  team.meet()
  const loss = blockLosses.reduce((sum, block) => sum + block, 0) / rowCount
  // Nobody may write the losses of the next round before everybody has read these.
  team.meet()
  return loss
}

/** Says after each round whether the last improvement is `rounds` rounds ago. */
function patience(rounds: number): (loss: number) => boolean {
  let least = Infinity
  let waited = 0
  return (loss) => {
    waited = loss < least ? 0 : waited + 1
    least = Math.min(least, loss)
    return waited >= rounds
  }
}
