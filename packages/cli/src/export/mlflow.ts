import { chosenExperiments } from '../import/experiments.ts'
import { type Choice, countRegistry, withRegistry } from '../import/mlflow.ts'
import type { BothSides, ImportPlan } from '../import/report.ts'
import type { SourceExperiment } from '../import/source/index.ts'
import type { ExportContext } from './context.ts'
import { beginExperiment, type ExperimentPair, exportExperiment, planExperiment, putExperiment } from './experiments.ts'
import { lookAround } from './known.ts'
import { nameVersions } from './logged-models.ts'
import { exportRegistry } from './registry.ts'

/** Sends what was chosen. Started again, it goes on with what is missing. */
export async function exportMlflow(context: ExportContext, choice: Choice): Promise<BothSides> {
  const { known, target } = context
  known.keepsModels = await target.keepsLoggedModels()
  const there = await experimentsThere(context)
  const experiments = []
  if (choice.only !== 'registry') {
    const pairs = await putExperiments(context, choice, there)
    // Runs name runs and models of other experiments, so all are made before one is filled.
    for (const pair of pairs) await beginExperiment(context, pair)
    for (const pair of pairs) experiments.push(await exportExperiment(context, pair))
  }
  if (!withRegistry(choice)) return { experiments, registry: undefined }
  for (const { experiment_id: id, name } of await chosen(context, undefined)) {
    const experiment = there.get(name)
    if (experiment && !known.experiments.has(id)) {
      known.experiments.set(id, experiment.experiment_id)
      await lookAround(known, target, experiment.experiment_id)
    }
  }
  const registry = await exportRegistry(context)
  await nameVersions(context)
  return { experiments, registry }
}

/** What would be sent. */
export async function planMlflow(context: ExportContext, choice: Choice): Promise<ImportPlan> {
  const there = await experimentsThere(context)
  const experiments = []
  if (choice.only !== 'registry') {
    for (const experiment of await chosen(context, choice.names)) {
      experiments.push(await planExperiment(context, experiment, there.get(experiment.name)))
    }
  }
  return { experiments, registry: withRegistry(choice) ? await countRegistry(context) : undefined }
}

const chosen = ({ source, withDeleted }: ExportContext, names: Choice['names']) =>
  chosenExperiments(source, { names, withDeleted, who: 'Evenkeel' })

/** By name: over there, a deleted one has its name too. */
async function experimentsThere({ target }: ExportContext): Promise<Map<string, SourceExperiment>> {
  const found = new Map<string, SourceExperiment>()
  for await (const experiment of target.experiments(true)) found.set(experiment.name, experiment)
  return found
}

/** Active ones first: here, a deleted experiment may have had the same name. */
async function putExperiments(
  context: ExportContext,
  { names }: Choice,
  there: Map<string, SourceExperiment>,
): Promise<readonly ExperimentPair[]> {
  const experiments = await chosen(context, names)
  const pairs: ExperimentPair[] = []
  for (const experiment of experiments.toSorted((a, b) => a.lifecycle_stage.localeCompare(b.lifecycle_stage))) {
    const pair = await putExperiment(context, experiment, there.get(experiment.name))
    if (!pair) continue
    context.known.experiments.set(experiment.experiment_id, pair.id)
    pairs.push(pair)
  }
  return pairs
}
