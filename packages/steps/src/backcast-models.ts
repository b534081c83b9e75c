import { z } from 'zod'
import {
  type Backcast,
  backcastTable,
  judgePeriod,
  labelPeriods,
  type LabelledPeriod,
  type VersionBackcast,
} from './lib/backcast.ts'
import { Period } from './lib/periods.ts'
import { TrainingSchema } from './lib/schema.ts'
import { arrangeRows, scoreRows, type ScoringRows } from './lib/score-rows.ts'
import { ConfigurationError, runStep, type Step } from './lib/step.ts'
import { openTables } from './lib/tables.ts'
import { readTrainingColumns, type TrainingColumns } from './lib/training-columns.ts'
import { downloadModel, findVersions, type FoundVersion, versionLimit } from './lib/versions.ts'

/**
 * Scores the input `rows`, a part that `build-training-set` made, with versions of a model, and makes `backcast` (JSON):
 * how each would have done in each period of event time. A version that needs an input which the rows do not have is
 * listed with the reason.
 */
const Params = z.object({
  /** The model of the pipeline when absent; a pipeline has one only when it makes versions. */
  model: z.string().nullable().default(null),
  /** Or all: the newest 20. Texts are taken for numbers, because the lists of a run hold texts. */
  versions: z
    .union([z.literal('all'), z.array(z.coerce.number<string | number>().int().positive()).min(1).max(versionLimit)])
    .default('all'),
  period: Period.default('month'),
  /** A period with fewer rows has no metrics. */
  minRows: z.int().positive().default(1000),
})

async function backcastModels(step: Step): Promise<void> {
  const { versions: wanted, period, minRows, ...params } = step.params(Params)
  const model = params.model ?? step.context.model
  if (model === null) throw new ConfigurationError('It is not said which model; set the param model.')
  const schema = await step.readJson('schema', TrainingSchema)
  const [rows, found] = await Promise.all([readRows(step, schema), findVersions(step.api, model, wanted)])
  const periods = labelPeriods(rows.labels, rows.eventTimes, period)
  const scoring = arrangeRows(rows.features, rows.labels.length)

  const versions: VersionBackcast[] = []
  for (const one of found) {
    step.progress((versions.length + 0.5) / (found.length + 0.5), `scoring with version ${one.version}`)
    versions.push(await judge(step, one, scoring, periods, minRows))
  }
  checkJudged(model, versions)
  await step.writeJson('backcast', { dataset: schema.dataset, model, period, versions } satisfies Backcast)
  report(step, versions)
}

async function readRows(step: Step, schema: TrainingSchema): Promise<TrainingColumns> {
  const tables = await openTables()
  const rows = await readTrainingColumns(tables, step.file('rows'), schema)
  tables.close()
  return rows
}

async function judge(
  step: Step,
  { version, digest }: FoundVersion,
  rows: ScoringRows,
  periods: readonly LabelledPeriod[],
  minRows: number,
): Promise<VersionBackcast> {
  if (digest === undefined) return { version, reason: `There is no version ${version}.`, periods: [] }
  try {
    const model = await downloadModel(step.api, digest)
    const [scores] = await scoreRows(rows, [{ model, what: `Version ${version}` }])
    return { version, reason: null, periods: periods.map((one) => judgePeriod(scores!, one, minRows)) }
  } catch (error) {
    if (error instanceof ConfigurationError) return { version, reason: error.message, periods: [] }
    throw error
  }
}

function checkJudged(model: string, versions: readonly VersionBackcast[]): void {
  if (versions.some(({ reason }) => reason === null)) return
  const reasons = versions.map(({ reason }) => reason)
  const says = reasons.length > 0 ? reasons.join(' ') : 'It has no version yet; register one first.'
  throw new ConfigurationError(`No version of the model "${model}" can be scored. ${says}`)
}

function report(step: Step, versions: readonly VersionBackcast[]): void {
  for (const { version, periods } of versions) {
    for (const { period, metrics } of periods) if (metrics) step.value(`v${version} ${period} auc`, metrics['auc']!)
  }
  const left = versions.flatMap(({ version, reason }) => (reason === null ? [] : `- v${version}: ${reason}\n`))
  step.summary(
    `AUC on the same rows:\n\n${backcastTable(versions)}` +
      (left.length > 0 ? `\nNot scored:\n\n${left.join('')}` : ''),
  )
}

await runStep(backcastModels)
