import type { ModelInspection, ModelReference, ModelTrial } from '@evenkeel/contract'
import type { Inspected } from './content.ts'

const formats = { onnx: 'ONNX', lightgbm: 'LightGBM', xgboost: 'XGBoost' } as const

/** What is known of an imported model: its licence, where it came from, how it was tried, and what its importer says. */
export function cardOf({ source, inspection, details, trial, reference }: Inspected): string {
  const { licence, notes } = details
  const head = [`library_name: ${inspection.format}`, ...(licence === null ? [] : [`license: ${licence}`])]
  return [
    `---\n${head.join('\n')}\n---`,
    ...(notes.trim() ? [notes.trim()] : []),
    originOf(inspection, source?.fileName ?? ''),
    ...(trial ? [trialOf(trial)] : []),
    ...(reference ? [referenceOf(reference)] : []),
    ...importanceOf(inspection),
  ].join('\n\n')
}

function originOf({ format, signature, treeCount }: ModelInspection, fileName: string): string {
  const what =
    treeCount === null
      ? 'an ONNX file'
      : `${treeCount} trees of ${formats[format]}, converted to ONNX without running any code`
  const inputs = signature.inputs.map(({ name }) => code(name))
  const some = inputs.length > 40 ? [...inputs.slice(0, 40), `and ${inputs.length - 40} more`] : inputs
  return `Made outside of Evenkeel: ${what} (${code(fileName)}). It takes ${some.join(', ')}.`
}

function trialOf({ rows, latencyMs, comparison }: ModelTrial): string {
  const tried = `Tried on ${rows.length} rows before it was registered: ${latencyMs.p50.toFixed(2)} ms per row (median).`
  if (!comparison) return tried
  const { rowCount, differingCount, largestDifference } = comparison
  const furthest = largestDifference === null ? '' : `; the largest difference is ${largestDifference.toPrecision(3)}`
  return `${tried} ${rowCount - differingCount} of ${rowCount} answers were as expected${furthest}.`
}

function referenceOf({ source, rowCount, baselines }: ModelReference): string {
  const from = source.kind === 'dataset' ? `${source.dataset}@${source.version}` : code(source.fileName)
  return `Drift is measured against ${rowCount} rows of ${from}, in ${baselines.length} columns.`
}

function importanceOf({ importance }: ModelInspection): string[] {
  const features = importance.toSorted((a, b) => b.share - a.share).slice(0, 20)
  if (features.length === 0) return []
  const rows = features.map(({ feature, share }) => `| ${code(feature)} | ${(100 * share).toFixed(1)} % |`)
  return [`| feature | share of the gain |\n| --- | --- |\n${rows.join('\n')}`]
}

/** Names of files and columns are of strangers: nothing in them is markup. */
const code = (name: string) => `\`${name.replaceAll(/[`|\n\r]/g, ' ')}\``
