import type { TrainingSchema } from './schema.ts'
import { count, name, parquet, type Tables } from './tables.ts'

/** One input of a model: float32 with `NaN` for missing, or texts with the empty one for missing. */
export type InputColumn = Float32Array | readonly string[]

export interface Holdout {
  readonly columns: ReadonlyMap<string, InputColumn>
  /** 0 or 1. */
  readonly labels: Float64Array
}

/** Reads at most `limit` rows at equal distance of a Parquet file that `build-training-set` wrote. */
export async function readHoldout(
  tables: Tables,
  file: string,
  { features }: TrainingSchema,
  limit: number,
): Promise<Holdout> {
  const source = parquet([file])
  const total = count((await tables.row(`SELECT count(*) AS rows FROM ${source}`))['rows'])
  const rowCount = Math.min(total, limit)
  const columns = features.map(({ kind }) =>
    kind === 'numerical' ? new Float32Array(rowCount) : Array<string>(rowCount),
  )
  const labels = new Float64Array(rowCount)
  const targets: (Float32Array | Float64Array | string[])[] = [...columns, labels]
  const values = features.map((feature) =>
    feature.kind === 'numerical'
      ? `coalesce(${name(feature.name)}, 'NaN'::FLOAT)`
      : `coalesce(${name(feature.name)}, '')`,
  )
  // The rows at which a line of slope limit / total passes a whole number.
  const result = await tables.stream(
    `SELECT ${values.join(', ')}, label FROM (SELECT *, row_number() OVER () - 1 AS row_id FROM ${source})
     WHERE row_id = 0 OR (row_id * ${rowCount}) // ${total} > ((row_id - 1) * ${rowCount}) // ${total}`,
  )
  let offset = 0
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [at, target] of targets.entries()) {
      const vector = chunk.getColumnVector(at)
      for (let row = 0; row < chunk.rowCount; row++) target[offset + row] = vector.getItem(row) as never
    }
    offset += chunk.rowCount
  }
  return { columns: new Map(features.map((feature, at) => [feature.name, columns[at]!])), labels }
}
