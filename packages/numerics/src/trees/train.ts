import { Worker } from 'node:worker_threads'
import type { RoundReport } from './boost.ts'
import { checkDataset, checkLabels, type TreeDataset } from './dataset.ts'
import type { ModelFeature, Tree, TreeModel } from './model.ts'
import { type GrowthPlan, planGrowth, type TreeOptions } from './options.ts'
import type { WorkerTask } from './worker.ts'
import { createWorkspace, type Workspace } from './workspace.ts'

export interface TreeProgress {
  /** Rounds done, from 1 to `roundCount`. */
  readonly round: number
  readonly roundCount: number
  /** Mean loss of the validation set: log loss in nats, or squared error. Undefined without early stopping. */
  readonly validationLoss: number | undefined
}

export interface TrainingHooks {
  /** Called after each round; when it throws, the training ends with that error. */
  readonly onTree?: (progress: TreeProgress) => void
  /** Ends the training; the promise then rejects with the reason of the signal. */
  readonly signal?: AbortSignal
}

/**
 * Trains gradient-boosted decision trees in worker threads; the event loop stays free.
 *
 * The method is that of LightGBM: histograms of at most 256 bins, leaf-wise growth, a learned side for missing values,
 * and splits on sets of categories. Equal data, options and seed give an equal model on any number of threads.
 *
 * @throws RangeError when the data or an option is out of range: it says which, and what to give instead
 * @see Ke et al., LightGBM: A Highly Efficient Gradient Boosting Decision Tree (2017)
 */
export async function trainTrees(
  dataset: TreeDataset,
  options: TreeOptions,
  { onTree, signal }: TrainingHooks = {},
): Promise<TreeModel> {
  const plan = planGrowth(options, dataset.labels.length)
  const validation = options.earlyStopping?.validation
  checkDataset(dataset, plan)
  if (validation) checkValidation(validation, plan)
  signal?.throwIfAborted()

  const workspace = createWorkspace(plan, dataset, validation)
  const rounds: RoundReport[] = []
  await runTeam(workspace, signal, (report) => {
    rounds.push(report)
    onTree?.({ round: rounds.length, roundCount: plan.treeCount, validationLoss: report.validationLoss })
  })
  return describe(dataset, workspace, keepBest(rounds))
}

function checkValidation({ labels }: TreeDataset, plan: GrowthPlan): void {
  if (labels.length === 0) throw new RangeError('trees: the validation set has no rows; give some or leave it out')
  checkLabels(labels, plan)
}

/** Runs the threads until all have ended. When one fails, the report is not taken or the signal fires, all are stopped. */
async function runTeam(
  workspace: Workspace,
  signal: AbortSignal | undefined,
  onReport: (report: RoundReport) => void,
): Promise<void> {
  const workers = Array.from({ length: workspace.plan.threadCount }, (_, member) => {
    const workerData: WorkerTask = { workspace, member }
    return new Worker(new URL('worker.ts', import.meta.url), { workerData })
  })
  const stopped = Promise.withResolvers<never>()
  const abort = () => stopped.reject(signal?.reason)
  signal?.addEventListener('abort', abort)
  workers[0]!.on('message', (report: RoundReport) => {
    try {
      onReport(report)
    } catch (error) {
      stopped.reject(error)
    }
  })
  try {
    await Promise.race([Promise.all(workers.map(ended)), stopped.promise])
  } finally {
    signal?.removeEventListener('abort', abort)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function ended(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', () => resolve())
  })
}

function keepBest(rounds: readonly RoundReport[]): Tree[] {
  const losses = rounds.flatMap(({ validationLoss }) => validationLoss ?? [])
  const count = losses.length > 0 ? losses.indexOf(Math.min(...losses)) + 1 : rounds.length
  return rounds.slice(0, count).flatMap(({ trees }) => trees)
}

function describe({ features }: TreeDataset, { plan, baseScores }: Workspace, trees: readonly Tree[]): TreeModel {
  const gains = features.map(() => 0)
  const splitCounts = features.map(() => 0)
  for (const node of trees.flatMap(({ nodes }) => nodes)) {
    if (node.kind === 'leaf') continue
    gains[node.feature]! += node.gain
    splitCounts[node.feature]!++
  }
  return {
    format: 'evenkeel.trees/1',
    loss: plan.loss,
    outputCount: plan.outputCount,
    features: features.map((column, index): ModelFeature => {
      const importance = { name: column.name, gain: gains[index]!, splitCount: splitCounts[index]! }
      if (column.kind === 'numerical') return { ...importance, kind: column.kind }
      return { ...importance, kind: column.kind, categories: column.categories }
    }),
    baseScores,
    trees,
  }
}
