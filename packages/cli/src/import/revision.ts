import { createHash } from 'node:crypto'
import type { SourceRun } from './source/index.ts'

/** What is noted here of a run when all of it has been brought. */
export const revisionOf = (run: SourceRun, points: number): string => `${points}-${digestOf(run)}`

/** Number of points of a run that was brought in full and is still the same; undefined for any other. */
export function pointsOf(revision: string | null | undefined, run: SourceRun): number | undefined {
  const [points, digest] = revision?.split('-') ?? []
  return digest === digestOf(run) ? Number(points) : undefined
}

/** The same for the same run, in whatever order its values come. */
function digestOf({ info, data, inputs, outputs }: SourceRun): string {
  const sorted = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).toSorted()
  const parts = [
    data.metrics,
    data.params,
    data.tags,
    inputs.dataset_inputs,
    inputs.model_inputs,
    outputs.model_outputs,
  ]
  return createHash('sha256')
    .update(JSON.stringify([info, ...parts.map(sorted)]))
    .digest('hex')
}
