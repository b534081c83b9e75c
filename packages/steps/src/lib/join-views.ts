import { type ClientOptions, createClient } from '@evenkeel/client/http'
import { features as featureEndpoints } from '@evenkeel/contract/features'
import { castTo, type FeatureKind, kindOf } from './features.ts'
import { type JoinChunk, joinChunks } from './join-chunks.ts'
import type { ModelFeature } from './schema.ts'
import { ConfigurationError } from './step.ts'
import { count, name, type Tables } from './tables.ts'

/** A view as the server gives it, with the SQL that joins the events `events` to the table `entities`. */
interface AskedView {
  readonly view: string
  readonly version: number
  /** The column of `entities` that has the key. */
  readonly key: string
  /** The column of `events` that has their time. */
  readonly time: string
  /** How far before its event time a row looks. */
  readonly windowSeconds: number
  readonly entities: string
  readonly events: string
  readonly sql: string
}

/** @param views - names of feature views, to be joined to the table `example` from the table `source` */
export async function askForViews(server: ClientOptions, views: readonly string[]): Promise<AskedView[]> {
  const api = createClient(featureEndpoints, server)
  const asked = views.map(async (view, at) => {
    const [entities, events] = [`entity_${at}`, `event_${at}`]
    const query = { entities, source: events, eventTimeColumn: 'event_time' }
    const [{ spec }, { version, sql }] = await Promise.all([
      api.get({ params: { view } }),
      api.joinSql({ params: { view }, query }),
    ])
    const { entity: key, source, window } = spec
    const [time, windowSeconds] = [source.eventTimeColumn, window.fromSeconds]
    return { view, version, key, time, windowSeconds, entities, events, sql }
  })
  return Promise.all(asked)
}

export interface JoinedView {
  readonly view: string
  readonly version: number
  /** Has the features, row by row as `example`. */
  readonly table: string
  readonly features: readonly ModelFeature[]
}

/**
 * Works out the features of a view for every row of `example`.
 *
 * @throws ConfigurationError when the view needs a column that is not there, or gives something a model cannot take
 */
export async function joinView(tables: Tables, asked: AskedView): Promise<JoinedView> {
  const { view, version, entities, sql } = asked
  const features = await addedBy(tables, asked)
  const columns = features.map(({ name: feature, kind }) => `${castTo(kind, name(feature))} AS ${name(feature)}`)
  const table = `joined_${entities}`
  const select = `SELECT ${['row_id', ...columns].join(', ')} FROM (${sql}) ORDER BY row_id`
  await tables.run(`CREATE TABLE ${table} AS FROM (${select}) LIMIT 0`)
  for (const chunk of await joinChunks(tables, asked.windowSeconds)) {
    await showChunk(tables, asked, chunk)
    await tables.run(`INSERT INTO ${table} ${select}`)
  }
  await checkRows(tables, view, table)
  return { view, version, table, features }
}

/** Makes the entities and events that the join asks for. */
async function showChunk(tables: Tables, { key, time, entities, events }: AskedView, chunk: JoinChunk): Promise<void> {
  const { rows, from, until } = chunk
  // Only what the join needs: it sorts every column of an entity along.
  const entity = `SELECT rowid AS row_id, event_time, ${name(key)} FROM example WHERE ${rows}`
  await tables.run(`CREATE OR REPLACE VIEW ${entities} AS ${entity}`)
  const near = `CAST(${name(time)} AS TIMESTAMP) BETWEEN ${from} AND ${until}`
  await tables.run(`CREATE OR REPLACE VIEW ${events} AS SELECT * FROM source WHERE ${near}`)
}

/** Says what the join adds to the entities. */
async function addedBy(tables: Tables, asked: AskedView): Promise<ModelFeature[]> {
  const { view, entities, sql } = asked
  try {
    await showChunk(tables, asked, { rows: 'true', from: "'-infinity'", until: "'infinity'" })
    const before = new Set((await tables.rows(`DESCRIBE ${entities}`)).map(({ column_name }) => column_name))
    const added = (await tables.rows(`DESCRIBE (${sql})`)).filter(({ column_name }) => !before.has(column_name!))
    return added.map(({ column_name, column_type }) => {
      const kind: FeatureKind = kindOf(String(column_name), String(column_type))
      return { name: String(column_name), kind, from: `view ${view}` }
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigurationError(`The feature view "${view}" cannot be joined to these features: ${reason}`, { cause })
  }
}

/** Rows are put side by side later, so the join must have given each example one, in its place. */
async function checkRows(tables: Tables, view: string, table: string): Promise<void> {
  const { given, misplaced, asked } = await tables.row(
    `SELECT count(*) AS given, count(*) FILTER (row_id <> rowid) AS misplaced, (SELECT count(*) FROM example) AS asked
     FROM ${table}`,
  )
  if (given === asked && count(misplaced) === 0) return
  throw new Error(
    `The join of the feature view "${view}" gave ${count(given)} rows for ${count(asked)}; it must give one for each.`,
  )
}
