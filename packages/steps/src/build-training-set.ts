import { z } from 'zod'
import { castTo, kindOf, parseFeature, typeOf } from './lib/features.ts'
import { askForViews, type JoinedView, joinView } from './lib/join-views.ts'
import { limitParts } from './lib/limit-parts.ts'
import type { ModelFeature, TrainingSchema } from './lib/schema.ts'
import { ConfigurationError, Moment, runStep, type Step } from './lib/step.ts'
import { count, moment, name, openTables, parquet, text, type Tables } from './lib/tables.ts'

/**
 * Makes `train` and `holdout` (Parquet) and `schema` (JSON) from the dataset input `data`: features of the row itself,
 * then features of views joined as of the event time, the label as 0 or 1, and the event time. Rows without a label or
 * an event time are left out.
 */
const Params = z
  .object({
    /** Boolean SQL expression over the columns of the dataset. */
    label: z.string().min(1),
    /** Columns, or `name = SQL expression`; in the order of the model's inputs. */
    features: z.array(z.string()).min(1),
    eventTimeColumn: z.string(),
    featureViews: z.array(z.string()).default([]),
    trainFrom: Moment,
    trainUntil: Moment,
    /** Equal to `holdoutUntil` when nothing is held out, and both equal to `trainUntil` when absent. */
    holdoutFrom: Moment.optional(),
    holdoutUntil: Moment.optional(),
    /** Most rows to train on, at equal distance, or null for all; views still see every event. */
    trainRowLimit: z.int().positive().nullable().default(null),
    /** The same for the rows to judge on: more say little more. */
    holdoutRowLimit: z.int().positive().nullable().default(100_000),
  })
  .transform(({ holdoutFrom, holdoutUntil, ...params }) => ({
    ...params,
    holdoutFrom: holdoutFrom ?? params.trainUntil,
    holdoutUntil: holdoutUntil ?? params.trainUntil,
  }))
type Params = z.output<typeof Params>

async function buildTrainingSet(step: Step): Promise<void> {
  const params = step.params(Params)
  const { name: dataset, files } = step.dataset('data')
  const tables = await openTables()
  // A view, because each reader needs few of the columns, and Parquet gives those faster than a table would be filled.
  await tables.run(`CREATE VIEW source AS SELECT * FROM ${parquet(files)}`)

  const [derived, views] = await Promise.all([deriveRows(tables, params), askForViews(step.api, params.featureViews)])
  step.progress(0.2, 'joining feature views')
  const joined: JoinedView[] = []
  for (const view of views) joined.push(await joinView(tables, view))
  step.progress(0.7, 'writing')

  const features = [...derived, ...joined.flatMap((view) => view.features)]
  checkNames(features)
  const from = ['example', ...joined.map(({ table }) => table)].join(' POSITIONAL JOIN ')
  const train = await writePart(tables, step.output('train'), features, from, parts.train)
  const holdout = await writePart(tables, step.output('holdout'), features, from, parts.holdout)
  if (train.rowCount === 0) {
    throw new Error(`No labelled row lies from ${params.trainFrom} to ${params.trainUntil}; ask for another span.`)
  }
  const { label, trainFrom, trainUntil, holdoutFrom, holdoutUntil } = params
  const spans = { trainFrom, trainUntil, holdoutFrom, holdoutUntil }
  const schema = {
    dataset,
    label,
    features,
    featureViews: joined.map(({ view, version }) => ({ view, version })),
    ...spans,
    train,
    holdout,
  }
  await step.writeJson('schema', schema satisfies TrainingSchema)
  report(step, schema)
  tables.close()
}

/** Makes the table `example`: the features of the row itself, in the order of the files. */
async function deriveRows(tables: Tables, params: Params): Promise<ModelFeature[]> {
  const { label, eventTimeColumn, trainRowLimit, holdoutRowLimit } = params
  const columns: (ModelFeature & { readonly sql: string })[] = []
  for (const { name: feature, expression } of params.features.map(parseFeature)) {
    const kind = kindOf(feature, await typeOf(tables, 'source', `The feature "${feature}"`, expression))
    columns.push({ name: feature, kind, from: expression, sql: `${castTo(kind, expression)} AS ${name(feature)}` })
  }
  checkNames(columns)
  await typeOf(tables, 'source', 'The label', `(${label}\n)::BOOLEAN`)
  await typeOf(tables, 'source', 'The event time', `CAST(${name(eventTimeColumn)} AS TIMESTAMP)`)
  await tables.run(`CREATE VIEW labelled AS
    SELECT *, ${within(params.trainFrom, params.trainUntil)} AS ${parts.train},
      ${within(params.holdoutFrom, params.holdoutUntil)} AS ${parts.holdout}
    FROM (
      SELECT ${columns.map(({ sql }) => sql).join(', ')},
        CAST((${label}\n)::BOOLEAN AS INTEGER) AS label,
        CAST(${name(eventTimeColumn)} AS TIMESTAMP) AS event_time
      FROM source
    ) WHERE label IS NOT NULL AND (${parts.train} OR ${parts.holdout})`)
  const rows = await limitParts(tables, 'labelled', [
    { column: parts.train, limit: trainRowLimit },
    { column: parts.holdout, limit: holdoutRowLimit },
  ])
  await tables.run(`CREATE TABLE example AS FROM ${rows}`)
  return columns.map(({ name: feature, kind, from }) => ({ name: feature, kind, from }))
}

/** Columns that say which parts a row belongs to; no feature can have such a name. */
const parts = { train: '"#train"', holdout: '"#holdout"' } as const

const reserved = ['label', 'event_time', 'row_id']

function checkNames(features: readonly { readonly name: string }[]): void {
  const names = features.map((feature) => feature.name)
  const twice = names.find((feature, at) => names.indexOf(feature) !== at || reserved.includes(feature))
  if (twice) throw new ConfigurationError(`The name "${twice}" is taken; give the feature another one.`)
}

const within = (from: string, until: string): string =>
  `(event_time >= ${moment(from)} AND event_time < ${moment(until)})`

async function writePart(
  tables: Tables,
  path: string,
  features: readonly ModelFeature[],
  from: string,
  part: string,
): Promise<TrainingSchema['train']> {
  const columns = [...features.map((feature) => name(feature.name)), 'label', 'event_time']
  await tables.run(`COPY (SELECT ${columns.join(', ')} FROM ${from} WHERE ${part}) TO ${text(path)} (FORMAT parquet)`)
  const counts = await tables.row(`SELECT count(*) AS rows, sum(label) AS positives FROM example WHERE ${part}`)
  const { rows: rowCount, positives } = counts
  return { rowCount: count(rowCount), positiveCount: count(positives ?? 0) }
}

function report(step: Step, { train, holdout, features }: TrainingSchema): void {
  step.value('trainingRowCount', train.rowCount)
  step.value('holdoutRowCount', holdout.rowCount)
  step.value('positiveShare', train.positiveCount / train.rowCount)
  step.summary(
    `${train.rowCount.toLocaleString('en')} rows to train on, ${holdout.rowCount.toLocaleString('en')} held out.\n\n` +
      `| input | kind | from |\n|---|---|---|\n` +
      features.map(({ name: feature, kind, from }) => `| ${feature} | ${kind} | \`${from}\` |\n`).join(''),
  )
}

await runStep(buildTrainingSet)
