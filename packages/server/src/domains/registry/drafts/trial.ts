import type { ModelInspection, ModelTrial, SampleRow, TrialComparison } from '@evenkeel/contract'
import { quantileOfSorted } from '@evenkeel/numerics'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import { compare } from './compare.ts'
import type { Answered, createRunner } from './run-model.ts'
import { inputsOf, refuse } from './sample.ts'

export type Runner = ReturnType<typeof createRunner>

/** A wide answer, such as an image, is not shown whole. */
const mostValuesShown = 64

export interface TrialRequest {
  readonly rows: readonly SampleRow[]
  readonly expected: readonly SampleRow[string][] | null
  readonly tolerance: TrialComparison['tolerance']
}

interface TrialDeps {
  readonly blobs: BlobStore
  readonly run: Runner
  readonly now: () => Date
}

/**
 * Asks a model for rows, one at a time.
 *
 * @throws DomainError `registry.bad_sample`, `registry.trial_failed`
 */
export async function tryModel(
  { blobs, run, now }: TrialDeps,
  { artifact, signature }: ModelInspection,
  { rows, expected, tolerance }: TrialRequest,
): Promise<ModelTrial> {
  if (expected && expected.length !== rows.length)
    throw refuse(null, null, `There are ${rows.length} rows, and ${expected.length} expected answers.`)
  const inputs = inputsOf(signature.inputs, rows)
  const answer = await run({
    modelPath: await blobs.localPath(artifact.digest),
    inputs,
    rowCount: rows.length,
    batchRows: 1,
    outputs: signature.outputs.map(({ name }) => name),
  })
  return {
    rows: [...rows],
    expected: expected && [...expected],
    outputs: answer.outputs.map(({ name, values }, at) => ({
      name,
      datatype: signature.outputs[at]!.datatype,
      values: values.map((row) => row.slice(0, mostValuesShown)),
    })),
    ...measuresOf(answer),
    comparison: expected && compare(answer.outputs[0]!, expected, tolerance),
    triedAt: now().toISOString(),
  }
}

function measuresOf({ outputs, loadMs, runMs }: Answered) {
  const sorted = Float64Array.from(runMs).sort()
  const at = (share: number) => quantileOfSorted(sorted, share)
  return {
    notFiniteCount: (outputs[0]?.values ?? []).filter((row) => row.includes(null)).length,
    loadMs,
    latencyMs: { p50: at(0.5), p95: at(0.95), max: at(1) },
  }
}
