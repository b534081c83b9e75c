import {
  baselineOf,
  goldenOf,
  numericalBaseline,
  predictTrees,
  readOnnx,
  seededRandom,
  trainTrees,
  type TreeModel,
  treesToOnnx,
} from '@evenkeel/numerics'
import type { Baseline } from '@evenkeel/contract'
import { writeFile } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { classificationMetrics, shareOf } from './lib/metrics.ts'
import { TrainingSchema } from './lib/schema.ts'
import { ConfigurationError, runStep, type Step } from './lib/step.ts'
import { openTables } from './lib/tables.ts'
import type { Backtest, TrainingReport } from './lib/training.ts'
import { evenRows, pickRows, readTrainingColumns, rowsWhere, type TrainingColumns } from './lib/training-columns.ts'

/**
 * Trains gradient-boosted trees on the inputs `train` and `schema`. Makes `model` (ONNX), `golden`, `baselines` and
 * `training` (JSON). With `backtestDays` it first trains without the last days and judges itself by them.
 */
const Params = z.object({
  treeCount: z.int().positive().default(100),
  leafCount: z.int().min(2).default(63),
  learningRate: z.number().positive().max(1).default(0.1),
  minRowsPerLeaf: z.int().positive().default(20),
  lambdaL2: z.number().nonnegative().default(0),
  rowShare: z.number().positive().max(1).default(1),
  seed: z.int().default(1),
  threadCount: z.int().positive().default(2),
  /** Sabotage for tests of the gate: the labels are dealt out at random, so there is nothing to learn. */
  shuffleLabels: z.boolean().default(false),
  backtestDays: z.int().nonnegative().default(0),
  /** Trees of the model that is judged; `treeCount` when absent. */
  backtestTreeCount: z.int().positive().nullable().default(null),
  /** Most rows that it learns from, at equal distance; all when absent. */
  backtestRowLimit: z.int().positive().nullable().default(null),
})
type Params = z.infer<typeof Params>

const goldenRows = 64
const scoreBaselineRows = 20_000
const dayMs = 86_400_000

async function trainModel(step: Step): Promise<void> {
  const params = step.params(Params)
  const schema = await step.readJson('schema', TrainingSchema)
  const tables = await openTables()
  const data = await readTrainingColumns(tables, step.file('train'), schema)
  tables.close()
  if (params.shuffleLabels) shuffle(data.labels, params.seed)

  const tell = progressOf(step, params)
  const backtest = params.backtestDays > 0 ? await judge(data, schema.trainUntil, params, tell) : null
  // This thread has nothing to do while others train.
  const [model, profiles] = await Promise.all([fit(data, params, params.treeCount, tell), profilesOf(data)])
  await writeModel(step, schema, model, data, profiles)
  await writeReport(step, params, data, backtest)
}

/** Fisher–Yates. */
function shuffle(labels: Float64Array, seed: number): void {
  const random = seededRandom(seed)
  for (let last = labels.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const label = labels[last]!
    labels[last] = labels[other]!
    labels[other] = label
  }
}

/** Counts the trees of both trainings, and says how long the rest will take. */
function progressOf(step: Step, { treeCount, backtestDays, backtestTreeCount }: Params): () => void {
  const total = treeCount + (backtestDays > 0 ? (backtestTreeCount ?? treeCount) : 0)
  const start = performance.now()
  let done = 0
  return () => {
    done++
    const left = ((performance.now() - start) / 1000 / done) * (total - done)
    step.progress(done / total, `tree ${done} of ${total}, about ${left.toFixed(0)} s left`)
  }
}

function fit(
  data: TrainingColumns,
  { leafCount, learningRate, minRowsPerLeaf, lambdaL2, rowShare, seed, threadCount }: Params,
  treeCount: number,
  onTree: () => void,
): Promise<TreeModel> {
  const growth = { leafCount, learningRate, minRowsPerLeaf, lambdaL2, rowShare, seed, threadCount }
  return trainTrees(data, { loss: 'logistic', treeCount, ...growth }, { onTree })
}

async function judge(data: TrainingColumns, until: string, params: Params, onTree: () => void): Promise<Backtest> {
  const from = Date.parse(until) - params.backtestDays * dayMs
  const { eventTimes, labels } = data
  const earlier = rowsWhere(labels.length, (row) => eventTimes[row]! < from)
  const laterCount = labels.length - earlier.length
  if (earlier.length === 0 || laterCount === 0) {
    throw new ConfigurationError(
      `A backtest of ${params.backtestDays} days leaves ${earlier.length} rows to train on and ` +
        `${laterCount} to test on; set backtestDays to less than the span of the training data.`,
    )
  }
  const { backtestRowLimit, backtestTreeCount, treeCount } = params
  const learned = evenRows(earlier.length, backtestRowLimit ?? earlier.length).map((at) => earlier[at]!)
  const model = await fit(pickRows(data, learned), params, backtestTreeCount ?? treeCount, onTree)
  const later = pickRows(
    data,
    rowsWhere(labels.length, (row) => eventTimes[row]! >= from),
  )
  return {
    from: new Date(from).toISOString(),
    until,
    rowCount: later.labels.length,
    positiveShare: shareOf(later.labels),
    metrics: classificationMetrics(later.labels, predictTrees(model, later.features)),
  }
}

/** How each input is distributed; how much the model makes of it is not known yet. */
async function profilesOf({ features }: TrainingColumns): Promise<Baseline[]> {
  const profiles: Baseline[] = []
  for (const column of features) {
    await setImmediate()
    profiles.push(baselineOf(column))
  }
  return profiles
}

async function writeModel(
  step: Step,
  schema: TrainingSchema,
  model: TreeModel,
  data: TrainingColumns,
  profiles: readonly Baseline[],
): Promise<void> {
  const bytes = treesToOnnx(model, { name: step.context.model ?? step.context.pipeline })
  await writeFile(step.output('model'), bytes)
  const { features } = pickRows(data, evenRows(data.labels.length, goldenRows))
  await step.writeJson('golden', goldenOf(features, outputOf(bytes), predictTrees(model, features)))

  const totalGain = model.features.reduce((sum, { gain }) => sum + gain, 0)
  const inputs = model.features.map(({ gain }, at) => {
    return { ...profiles[at]!, importance: totalGain > 0 ? gain / totalGain : 0 }
  })
  const sample = pickRows(data, evenRows(data.labels.length, scoreBaselineRows))
  const score = numericalBaseline('score', predictTrees(model, sample.features))
  await step.writeJson('baselines', [...inputs, score])
  reportImportance(step, schema, inputs)
}

const outputOf = (bytes: Uint8Array): string => readOnnx(bytes).outputs[0]!.name

function reportImportance(
  step: Step,
  { features }: TrainingSchema,
  baselines: readonly { readonly feature: string; readonly importance: number | null }[],
): void {
  const ranked = baselines.toSorted((a, b) => (b.importance ?? 0) - (a.importance ?? 0))
  step.summary(
    `${features.length} inputs by their share of the gain:\n\n| input | share |\n|---|---|\n` +
      ranked.map(({ feature, importance }) => `| ${feature} | ${((importance ?? 0) * 100).toFixed(1)} % |\n`).join(''),
  )
}

async function writeReport(step: Step, params: Params, { labels }: TrainingColumns, backtest: Backtest | null) {
  const { backtestTreeCount, backtestRowLimit, ...told } = params
  const report: TrainingReport = {
    params: {
      ...told,
      ...(backtestTreeCount !== null && { backtestTreeCount }),
      ...(backtestRowLimit !== null && { backtestRowLimit }),
    },
    rowCount: labels.length,
    positiveShare: shareOf(labels),
    backtest,
  }
  await step.writeJson('training', report)
  step.value('trainingRowCount', labels.length)
  for (const [name, value] of Object.entries(backtest?.metrics ?? {})) step.metric(name, value, { on: 'backtest' })
  if (backtest) step.value('backtest_auc', backtest.metrics['auc']!)
}

await runStep(trainModel)
