import { type Evaluation } from '@evenkeel/contract'
import { delongCompare } from '@evenkeel/numerics'
import { z } from 'zod'
import { type ChampionModel, downloadChampion } from './lib/champion.ts'
import { type Holdout, readHoldout } from './lib/holdout.ts'
import { classificationMetrics, shareOf } from './lib/metrics.ts'
import { TrainingSchema } from './lib/schema.ts'
import { scoreModel } from './lib/score-model.ts'
import { ConfigurationError, runStep, type Step } from './lib/step.ts'
import { openTables } from './lib/tables.ts'
import { TrainingReport } from './lib/training.ts'

/**
 * Judges the input `model` (ONNX) on the input `holdout`, against the champion of the pipeline's model on the same rows,
 * and makes `evaluation` (JSON). Without held-out rows it takes over the backtest of the input `training`.
 */
const Params = z.object({
  /** Most rows to score. */
  evaluationRows: z.int().positive().default(100_000),
})

async function evaluateModel(step: Step): Promise<void> {
  const { evaluationRows } = step.params(Params)
  const schema = await step.readJson('schema', TrainingSchema)
  const evaluation =
    schema.holdout.rowCount === 0
      ? fromBacktest(schema, (await step.readJson('training', TrainingReport)).backtest)
      : await fromHoldout(step, schema, evaluationRows)
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

async function fromHoldout(step: Step, schema: TrainingSchema, limit: number): Promise<Evaluation> {
  const tables = await openTables()
  const holdout = await readHoldout(tables, step.file('holdout'), schema, limit)
  tables.close()
  const { labels, columns } = holdout
  step.progress(0.2, 'scoring the candidate')
  const scores = await scoreModel(step.file('model'), 'The candidate', columns, labels.length)
  step.progress(0.6, 'scoring the champion')
  const { model } = step.context
  const champion = model === null ? undefined : await downloadChampion(step.api, model)
  return {
    dataset: schema.dataset,
    holdoutFrom: schema.holdoutFrom,
    holdoutUntil: schema.holdoutUntil,
    rowCount: labels.length,
    positiveShare: shareOf(labels),
    candidate: classificationMetrics(labels, scores),
    ...(champion ? await against(champion, holdout, scores) : { champion: null, difference: null }),
  }
}

async function against(
  { version, bytes }: ChampionModel,
  { labels, columns }: Holdout,
  scores: Float64Array,
): Promise<Pick<Evaluation, 'champion' | 'difference'>> {
  const theirs = await scoreModel(bytes, `The champion, version ${version},`, columns, labels.length)
  const { difference: value, standardError, interval } = delongCompare(labels, scores, theirs)
  const { lower: low, upper: high } = interval(0.95)
  return {
    champion: { version, metrics: classificationMetrics(labels, theirs) },
    difference: { metric: 'auc', value, standardError, low, high },
  }
}

function report(step: Step, { candidate, champion, difference, rowCount }: Evaluation): void {
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
