import type { Evaluation } from '@evenkeel/contract'
import { delongCompare } from '@evenkeel/numerics'
import { type ChampionModel, downloadChampion } from './lib/champion.ts'
import { classificationMetrics, shareOf } from './lib/metrics.ts'
import { TrainingSchema } from './lib/schema.ts'
import { arrangeRows, scoreRows } from './lib/score-rows.ts'
import { ConfigurationError, runStep, type Step } from './lib/step.ts'
import { openTables } from './lib/tables.ts'
import { readTrainingColumns } from './lib/training-columns.ts'
import { TrainingReport } from './lib/training.ts'

/**
 * Judges the input `model` (ONNX) on the input `holdout`, against the champion of the pipeline's model on the same rows,
 * and makes `evaluation` (JSON). Without held-out rows it takes over the backtest of the input `training`.
 */
async function evaluateModel(step: Step): Promise<void> {
  const schema = await step.readJson('schema', TrainingSchema)
  const evaluation =
    schema.holdout.rowCount === 0
      ? fromBacktest(schema, (await step.readJson('training', TrainingReport)).backtest)
      : await fromHoldout(step, schema)
  await step.writeJson('evaluation', evaluation)
  report(step, evaluation)
}

function fromBacktest({ dataset }: TrainingSchema, backtest: TrainingReport['backtest']): Evaluation {
  if (!backtest) {
    throw new ConfigurationError(
      'Nothing is held out and there was no backtest, so the model cannot be judged; set backtestDays of the training, or hold out a span.',
    )
  }
  const { from: holdoutFrom, until: holdoutUntil, rowCount, positiveShare, metrics: candidate } = backtest
  return { dataset, holdoutFrom, holdoutUntil, rowCount, positiveShare, candidate, champion: null, difference: null }
}

async function fromHoldout(step: Step, schema: TrainingSchema): Promise<Evaluation> {
  const { model, reproduces } = step.context
  const tables = await openTables()
  const [{ labels, features: columns }, champion] = await Promise.all([
    readTrainingColumns(tables, step.file('holdout'), schema),
    model === null ? undefined : downloadChampion(step.api, model, reproduces?.champion),
  ])
  tables.close()
  step.progress(0.2, 'scoring')
  const rows = arrangeRows(columns, labels.length)
  const candidate = { model: step.file('model'), what: 'The candidate' }
  const rival = champion && { model: champion.bytes, what: `The champion, version ${champion.version},` }
  const [scores, theirs] = await scoreRows(rows, rival ? [candidate, rival] : [candidate])
  step.progress(0.8, 'judging')
  return {
    dataset: schema.dataset,
    holdoutFrom: schema.holdoutFrom,
    holdoutUntil: schema.holdoutUntil,
    rowCount: labels.length,
    positiveShare: shareOf(labels),
    candidate: classificationMetrics(labels, scores!),
    ...(champion && theirs ? against(champion, labels, scores!, theirs) : { champion: null, difference: null }),
  }
}

function against(
  { version }: ChampionModel,
  labels: Float64Array,
  scores: Float64Array,
  theirs: Float64Array,
): Pick<Evaluation, 'champion' | 'difference'> {
  const { difference: value, standardError, interval } = delongCompare(labels, scores, theirs)
  const { lower: low, upper: high } = interval(0.95)
  return {
    champion: { version, metrics: classificationMetrics(labels, theirs) },
    difference: { metric: 'auc', value, standardError, low, high },
  }
}

function report(step: Step, { candidate, champion, difference, rowCount }: Evaluation): void {
  for (const [name, value] of Object.entries(candidate)) step.metric(name, value)
  for (const [name, value] of Object.entries(champion?.metrics ?? {})) step.metric(name, value, { model: 'champion' })
  step.value('auc', candidate['auc']!)
  step.value('evaluationRowCount', rowCount)
  if (champion) step.value('championAuc', champion.metrics['auc']!)
  const rows = Object.entries(candidate).map(
    ([metric, value]) => `| ${metric} | ${value.toFixed(4)} | ${champion?.metrics[metric]?.toFixed(4) ?? ''} |\n`,
  )
  const against = champion ? `champion (v${champion.version})` : 'champion'
  step.summary(
    `On ${rowCount.toLocaleString('en')} rows:\n\n| metric | candidate | ${against} |\n|---|---|---|\n${rows.join('')}` +
      (difference
        ? `\nDifference in AUC ${signed(difference.value)}, 95 % interval ${signed(difference.low)} … ${signed(difference.high)}.\n`
        : ''),
  )
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`

await runStep(evaluateModel)
