import type { ImportContext } from './context.ts'
import {
  chosenExperiments,
  countRuns,
  type ExperimentResult,
  importExperiment,
  planExperiment,
  putExperiment,
} from './experiments.ts'
import { importRegistry, modelsOf, versionsOf } from './registry.ts'
import type { BothSides, ImportPlan } from './report.ts'

export interface Choice {
  readonly names: readonly string[] | undefined
  readonly only: 'runs' | 'registry' | undefined
}

/** Brings what was chosen. Started again, it goes on with what is missing. */
export async function importMlflow(context: ImportContext, choice: Choice): Promise<BothSides> {
  const { names, only } = choice
  const { source, withDeleted, progress } = context
  const chosen = only === 'registry' ? [] : await chosenExperiments(source, { names, withDeleted })
  for (const { experiment_id: id } of chosen) progress.expect(await countRuns(context, id))
  const ids = new Map<string, string>()
  const experiments: ExperimentResult[] = []
  for (const experiment of chosen) {
    const id = await putExperiment(context, experiment)
    if (id === undefined) continue
    ids.set(experiment.experiment_id, id)
    experiments.push(await importExperiment(context, experiment, id))
  }
  return { experiments, registry: withRegistry(choice) ? await importRegistry(context, ids) : undefined }
}

/** What would be brought. */
export async function planMlflow(context: ImportContext, choice: Choice): Promise<ImportPlan> {
  const { names, only } = choice
  const { source, withDeleted } = context
  const chosen = only === 'registry' ? [] : await chosenExperiments(source, { names, withDeleted })
  const experiments = []
  for (const experiment of chosen) experiments.push(await planExperiment(context, experiment))
  return { experiments, registry: withRegistry(choice) ? await countRegistry(context) : undefined }
}

/** Models have runs of any experiment, so they come with all of them. */
export const withRegistry = ({ names, only }: Choice) =>
  only === 'registry' || (only === undefined && names === undefined)

export async function countRegistry(context: Pick<ImportContext, 'source'>): Promise<ImportPlan['registry']> {
  const sum = { models: 0, versions: 0, aliases: 0 }
  for await (const model of modelsOf(context)) {
    sum.models++
    sum.aliases += model.aliases.length
    sum.versions += (await versionsOf(context, model)).length
  }
  return sum
}
