import type { SourceRun } from '../import/source/index.ts'
import { createBatches } from './batches.ts'
import type { ExportContext } from './context.ts'
import type { KnownRun } from './known.ts'
import { missingTags } from './marks.ts'
import { addPoints } from './points.ts'
import { missingDatasets, missingModels } from './run-differences.ts'

/** A run of here as it is to be over there, and what is there of it. */
export interface RunPair {
  readonly wanted: SourceRun
  readonly known: KnownRun
}

/** Sends params, tags, points, data sets and links that are not over there. @returns how many points each metric has here */
export async function sendValues(
  context: ExportContext,
  { wanted, known }: RunPair,
): Promise<ReadonlyMap<string, number>> {
  const { tracking } = context.target
  const before = known.isNew ? undefined : await tracking.getRun(known.id)
  const batches = createBatches((batch) => tracking.logBatch(known.id, batch))
  for (const param of missingTags(wanted.data.params, before?.data.params ?? [])) await batches.add('params', param)
  for (const tag of missingTags(wanted.data.tags, before?.data.tags ?? [])) await batches.add('tags', tag)
  const counts = await addPoints(context, { run: wanted, before }, batches)
  await batches.flush()
  // Schemas and profiles are long.
  for (const dataset of missingDatasets(wanted, before)) await tracking.logDatasets(known.id, [dataset])
  const { inputs, outputs } = missingModels(wanted, before)
  if (inputs.length > 0) await tracking.logModelInputs(known.id, inputs)
  if (outputs.length > 0) await tracking.logModelOutputs(known.id, outputs)
  return counts
}
