import {
  type DatasetVersion,
  type Field,
  type ModelInspection,
  type ModelReference,
  type ReferenceSource,
} from '@evenkeel/contract'
import { baselineOf, type FeatureColumn, numericalBaseline } from '@evenkeel/numerics'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import type { QueryEngine } from '../../../platform/duckdb/engine.ts'
import type { TrialInput } from './child-job.ts'
import { lengthOf, type ReferenceFiles, readReference, type Slot } from './reference-table.ts'
import { engineTypes, refuse, rowShapeOf } from './sample.ts'
import type { Runner } from './trial.ts'

export interface ReferenceDeps {
  readonly blobs: BlobStore
  readonly queries: QueryEngine
  /** @throws DomainError `datasets.version_not_found` */
  readonly datasetVersion: (projectId: string, dataset: string, version: number) => Promise<DatasetVersion>
}

const batchRows = 1000
/** Nodes leave wider inputs out of their records. */
const widestRecorded = 256

/**
 * What training data look like, in the shape that monitors compare with: the baselines of the inputs, and of the scores
 * that the model gives for them.
 *
 * @throws DomainError `registry.bad_sample`, `registry.trial_failed`, `platform.blob_not_found`, `datasets.version_not_found`
 */
export async function makeReference(
  deps: ReferenceDeps & { readonly run: Runner },
  projectId: string,
  { artifact, signature, importance }: ModelInspection,
  source: ReferenceSource,
): Promise<ModelReference> {
  const { files, datasetDigest } = await filesOf(deps, projectId, source)
  const narrow = signature.inputs.filter((field) => widthOf(field) <= widestRecorded)
  if (narrow.length === 0) throw refuse(null, null, noneFits)
  const { rowCount, sampledCount, columns } = await readReference(deps.queries, files, narrow.flatMap(slotsOf))
  const shares = new Map(importance.map(({ feature, share }) => [feature, share]))
  const baselines = columns.map((column) => ({ ...baselineOf(column), importance: shares.get(column.name) ?? null }))
  const wide = signature.inputs.filter((field) => !narrow.includes(field))
  const scores = wide.length === 0 ? await scoresOf(deps, artifact.digest, signature, columns) : undefined
  return {
    source,
    datasetDigest,
    rowCount,
    sampledCount,
    baselines: scores ? [...baselines, numericalBaseline('score', scores)] : baselines,
    leftOut: wide.map(({ name }) => ({ feature: name, why: `It takes more than ${widestRecorded} values per row.` })),
  }
}

const noneFits = `Each input takes more than ${widestRecorded} values per row, which nodes do not record. Leave this step out.`

/** Nodes record one value by the name of its input, and each of several as `name[i]`. */
function slotsOf(field: Field): Slot[] {
  const { name: feature, datatype } = field
  if (widthOf(field) === 1) return [{ feature, datatype }]
  return Array.from({ length: widthOf(field) }, (_, i) => ({ feature: `${feature}[${i}]`, datatype }))
}

async function filesOf(
  { blobs, datasetVersion }: ReferenceDeps,
  projectId: string,
  source: ReferenceSource,
): Promise<{ files: ReferenceFiles; datasetDigest: string | null }> {
  if (source.kind === 'file') {
    await blobs.claim([source.digest])
    return { files: { paths: [await blobs.localPath(source.digest)], format: source.format }, datasetDigest: null }
  }
  const { files, digest } = await datasetVersion(projectId, source.dataset, source.version)
  const paths = await Promise.all(files.map((file) => blobs.localPath(file.digest)))
  return { files: { paths, format: 'parquet' }, datasetDigest: digest }
}

/** Values per row; of a length that is open nobody knows how many. */
const widthOf = ({ shape }: Field): number =>
  shape.slice(1).reduce((product, length) => (length < 0 ? Number.POSITIVE_INFINITY : product * length), 1)

/** What a node would record as the score: the first float with one value per row, or with two, of which the second counts. */
async function scoresOf(
  { blobs, run }: ReferenceDeps & { readonly run: Runner },
  digest: string,
  { inputs, outputs }: ModelInspection['signature'],
  columns: readonly FeatureColumn[],
): Promise<Float64Array | undefined> {
  const output = outputs.find((field) => field.datatype.startsWith('FP') && [1, 2].includes(widthOf(field)))
  const isOpen = [...inputs, ...outputs].every(({ shape }) => shape[0] === -1)
  if (!output || !isOpen) return undefined
  const left = [...columns]
  const answer = await run({
    modelPath: await blobs.localPath(digest),
    inputs: inputs.map((field) => inputOf(field, left.splice(0, widthOf(field)))),
    rowCount: lengthOf(columns[0]!),
    batchRows,
    outputs: [output.name],
  })
  return Float64Array.from(answer.outputs[0]!.values, (row) => Number(row.at(-1) ?? Number.NaN))
}

/** @param columns - of the values that one row takes, in their order */
function inputOf(field: Field, columns: readonly FeatureColumn[]): TrialInput {
  const { type, isWhole, collect } = engineTypes[field.datatype]
  const rowCount = lengthOf(columns[0]!)
  const values = Array.from({ length: rowCount * columns.length }, (_, at) =>
    valueOf(field, columns[at % columns.length]!, Math.floor(at / columns.length)),
  )
  const isHole = (value: unknown) => value === null || !Number.isInteger(Number(value))
  if (isWhole && values.some(isHole))
    throw refuse(null, field.name, `A value is missing or has a fraction, and the input is ${field.datatype}.`)
  return { name: field.name, type, rowShape: rowShapeOf(field), data: collect(values) }
}

/** A missing text is the empty one, which no category is called; a missing truth value is none. */
function valueOf({ datatype }: Field, column: FeatureColumn, row: number): string | number | boolean | null {
  if (column.kind === 'numerical') return column.values[row]!
  const category = column.categories[column.codes[row]!]
  if (datatype !== 'BOOL') return category ?? ''
  return category === undefined ? null : category === 'true' || category === '1'
}
