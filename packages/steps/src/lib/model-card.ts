import type { Evaluation } from '@evenkeel/contract'
import type { TrainingSchema } from './schema.ts'
import type { StepContext } from './context.ts'
import type { TrainingReport } from './training.ts'

export interface CardFacts {
  readonly model: string
  readonly context: StepContext
  readonly schema: TrainingSchema
  readonly training: TrainingReport
  readonly evaluation: Evaluation
}

/**
 * First model card: what the run knows and nothing else. Gate, approvals and rollouts are added by the registry.
 *
 * @returns Markdown with Hugging Face front matter
 * @see https://huggingface.co/docs/hub/model-cards
 */
export function modelCard(facts: CardFacts): string {
  return [
    frontMatter(facts),
    `# ${facts.model}`,
    intendedUse(facts),
    dataSection(facts),
    metricsSection(facts),
    trainingSection(facts),
    limitsSection(facts),
  ].join('\n\n')
}

function frontMatter({ model, schema, evaluation }: CardFacts): string {
  const metrics = Object.entries(evaluation.candidate).map(
    ([type, value]) => `          - type: ${type}\n            value: ${value}`,
  )
  return [
    '---',
    'library_name: onnx',
    'pipeline_tag: tabular-classification',
    'tags:\n  - gradient-boosted-trees\n  - evenkeel',
    `datasets:\n  - ${quote(schema.dataset)}`,
    'model-index:',
    `  - name: ${quote(model)}`,
    '    results:',
    '      - task:\n          type: tabular-classification',
    `        dataset:\n          name: ${quote(schema.dataset)}\n          type: ${quote(schema.dataset)}`,
    `        metrics:\n${metrics.join('\n')}`,
    '---',
  ].join('\n')
}

/** JSON text is YAML text. */
const quote = (value: string): string => JSON.stringify(value)

const intendedUse = ({ schema }: CardFacts): string => `## Intended use

Gives the probability that \`${schema.label}\` holds for a row like those of \`${schema.dataset}\`. Inputs: ${schema.features
  .map(({ name, kind }) => `\`${name}\` (${kind})`)
  .join(', ')}.`

function dataSection({ context, schema, training }: CardFacts): string {
  const versions = context.datasets.map(({ dataset, version }) => `${dataset}@${version}`).join(', ')
  const views = schema.featureViews.map(({ view, version }) => `${view}@${version}`).join(', ')
  return `## Data

- Trained on ${rows(training.rowCount)} with event times from ${schema.trainFrom} to ${schema.trainUntil}, of which ${percent(training.positiveShare)} are positive.
- Dataset versions: ${versions}.${views ? `\n- Feature views: ${views}.` : ''}`
}

function metricsSection({ evaluation }: CardFacts): string {
  const { rowCount, holdoutFrom, holdoutUntil, candidate, champion, difference, positiveShare } = evaluation
  const lines = Object.entries(candidate).map(
    ([metric, value]) => `| ${metric} | ${value.toFixed(4)} | ${champion?.metrics[metric]?.toFixed(4) ?? '–'} |`,
  )
  const compared = difference
    ? `\n\nDifference in AUC to version ${champion!.version}: ${difference.value.toFixed(4)}, 95 % interval ${difference.low.toFixed(4)} to ${difference.high.toFixed(4)} (DeLong, same rows).`
    : '\n\nThere was no champion to compare with.'
  return `## Metrics

On ${rows(rowCount)} from ${holdoutFrom} to ${holdoutUntil} that the judged model was not trained on, ${percent(positiveShare)} positive.

| metric | this version | champion |
|---|---|---|
${lines.join('\n')}${compared}`
}

const trainingSection = ({ context, training }: CardFacts): string => `## Training

- Why: ${context.trigger.says}
- Run ${context.run} of the pipeline \`${context.pipeline}\`, commit ${context.commit}.
- Parameters: ${Object.entries(training.params)
  .map(([name, value]) => `${name} ${value}`)
  .join(', ')}.`

function limitsSection({ schema, evaluation, training }: CardFacts): string {
  const isBacktest = evaluation.holdoutUntil === training.backtest?.until && schema.holdout.rowCount === 0
  const backtest = isBacktest
    ? '\n- The metrics are those of a backtest: a model without the last days was judged by them, and this one was trained on all.'
    : ''
  return `## Limits

- Known only for event times like those above; what changed since then is for the monitors to find.
- A text that did not occur in the training data counts as missing.
- Fairness was not assessed.${backtest}`
}

const rows = (count: number): string => `${count.toLocaleString('en')} rows`
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
