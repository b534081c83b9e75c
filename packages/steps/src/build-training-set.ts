import { createClient } from '@evenkeel/client'
import { features as featureEndpoints } from '@evenkeel/contract'
import { z } from 'zod'
import { castTo, type FeatureKind, kindOf, parseFeature, typeOf } from './lib/features.ts'
import type { TrainingSchema } from './lib/schema.ts'
import { ConfigurationError, Moment, runStep, type Step } from './lib/step.ts'
import { count, moment, name, openTables, parquet, text, type Tables } from './lib/tables.ts'

/**
 * Makes `train` and `holdout` (Parquet) and `schema` (JSON) from the dataset input `data`: features of the row itself,
 * then features of views joined as of the event time, the label as 0 or 1, and the event time. Rows without a label or
 * an event time are left out.
 */
const Params = z.object({
  /** Boolean SQL expression over the columns of the dataset. */
  label: z.string().min(1),
  /** Columns, or `name = SQL expression`; in the order of the model's inputs. */
  features: z.array(z.string()).min(1),
  eventTimeColumn: z.string(),
  featureViews: z.array(z.string()).default([]),
  trainFrom: Moment,
  trainUntil: Moment,
  /** Equal to `holdoutUntil` when nothing is held out. */
  holdoutFrom: Moment,
  holdoutUntil: Moment,
})
type Params = z.infer<typeof Params>

type ModelFeature = TrainingSchema['features'][number]

async function buildTrainingSet(step: Step): Promise<void> {
  const params = step.params(Params)
  const { name: dataset, files } = step.dataset('data')
  const tables = await openTables()
  // A table, because it is read once for the rows and once for each view; what does not fit in memory is spilled.
  await tables.run(`CREATE TABLE source AS SELECT * FROM ${parquet(files)}`)

  const derived = await deriveRows(tables, params)
  step.progress(0.2, 'joining feature views')
  const joined = await joinViews(tables, step, params.featureViews)
  step.progress(0.7, 'writing')

  const features = [...derived, ...joined.flatMap((view) => view.features)]
  const from = `example ${joined.map(({ table }) => `JOIN ${table} USING (row_id)`).join(' ')}`
  const train = await writePart(tables, step.output('train'), features, from, [params.trainFrom, params.trainUntil])
  const heldOut = [params.holdoutFrom, params.holdoutUntil] as const
  const holdout = await writePart(tables, step.output('holdout'), features, from, heldOut)
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

/** Makes the table `example`: the features of the row itself, numbered in the order of the files. */
async function deriveRows(tables: Tables, params: Params): Promise<ModelFeature[]> {
  const { label, eventTimeColumn } = params
  const columns: (ModelFeature & { readonly sql: string })[] = []
  for (const { name: feature, expression } of params.features.map(parseFeature)) {
    const kind = kindOf(feature, await typeOf(tables, 'source', `The feature "${feature}"`, expression))
    columns.push({ name: feature, kind, from: expression, sql: `${castTo(kind, expression)} AS ${name(feature)}` })
  }
  checkNames(columns)
  await typeOf(tables, 'source', 'The label', `(${label}\n)::BOOLEAN`)
  await typeOf(tables, 'source', 'The event time', `CAST(${name(eventTimeColumn)} AS TIMESTAMP)`)
  await tables.run(`CREATE TABLE example AS
    SELECT * FROM (
      SELECT ${columns.map(({ sql }) => sql).join(', ')},
        CAST((${label}\n)::BOOLEAN AS INTEGER) AS label,
        CAST(${name(eventTimeColumn)} AS TIMESTAMP) AS event_time,
        rowid AS row_id
      FROM source
    ) WHERE label IS NOT NULL AND (${within(params.trainFrom, params.trainUntil)}
      OR ${within(params.holdoutFrom, params.holdoutUntil)})`)
  return columns.map(({ name: feature, kind, from }) => ({ name: feature, kind, from }))
}

const reserved = ['label', 'event_time', 'row_id']

function checkNames(features: readonly { readonly name: string }[]): void {
  const names = features.map((feature) => feature.name)
  const twice = names.find((feature, at) => names.indexOf(feature) !== at || reserved.includes(feature))
  if (twice) throw new ConfigurationError(`The name "${twice}" is taken; give the feature another one.`)
}

const within = (from: string, until: string): string =>
  `(event_time >= ${moment(from)} AND event_time < ${moment(until)})`

interface JoinedView {
  readonly view: string
  readonly version: number
  /** Has `row_id` and the features. */
  readonly table: string
  readonly features: readonly ModelFeature[]
}

async function joinViews(tables: Tables, step: Step, views: readonly string[]): Promise<JoinedView[]> {
  const api = createClient(featureEndpoints, step.api)
  const query = { entities: 'example', source: 'source', eventTimeColumn: 'event_time' }
  const joined: JoinedView[] = []
  for (const [at, view] of views.entries()) {
    const { version, sql } = await api.joinSql({ params: { view }, query })
    const table = `joined_${at}`
    const features = await addedBy(tables, view, sql)
    const columns = features.map(({ name: feature, kind }) => `${castTo(kind, name(feature))} AS ${name(feature)}`)
    // Only what is new: the other columns would be sorted along, which doubles the time of the join.
    await tables.run(`CREATE TABLE ${table} AS SELECT ${['row_id', ...columns].join(', ')} FROM (${sql})`)
    joined.push({ view, version, table, features })
  }
  return joined
}

async function addedBy(tables: Tables, view: string, sql: string): Promise<ModelFeature[]> {
  const before = new Set((await tables.rows('DESCRIBE example')).map(({ column_name }) => column_name))
  const after = await tables.rows(`DESCRIBE (${sql})`).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigurationError(`The feature view "${view}" cannot be joined to these features: ${reason}`, { cause })
  })
  return after
    .filter(({ column_name }) => !before.has(column_name!))
    .map(({ column_name, column_type }) => {
      const kind: FeatureKind = kindOf(String(column_name), String(column_type))
      return { name: String(column_name), kind, from: `view ${view}` }
    })
}

async function writePart(
  tables: Tables,
  path: string,
  features: readonly ModelFeature[],
  from: string,
  span: readonly [string, string],
): Promise<TrainingSchema['train']> {
  const columns = [...features.map((feature) => name(feature.name)), 'label', 'event_time']
  const where = `WHERE ${within(...span)}`
  const rows = `SELECT ${columns.join(', ')} FROM ${from} ${where} ORDER BY row_id`
  await tables.run(`COPY (${rows}) TO ${text(path)} (FORMAT parquet)`)
  const counts = await tables.row(`SELECT count(*) AS rows, sum(label) AS positives FROM example ${where}`)
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
