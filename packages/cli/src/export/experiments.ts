import type { ExperimentPlan, ExperimentResult } from '../import/experiments.ts'
import { SourceRefusal } from '../import/source/http.ts'
import type { SourceExperiment, SourceRun } from '../import/source/index.ts'
import { noCounts } from '../import/tally.ts'
import { inParallel } from '../import/work.ts'
import type { ExportContext } from './context.ts'
import { lookAround } from './known.ts'
import { beginLoggedModel, exportLoggedModel } from './logged-models.ts'
import { marks, missingTags, valueOf, withoutMarks } from './marks.ts'
import { beginRun, exportRun } from './runs.ts'

/** An experiment of here, and its id over there. */
export interface ExperimentPair {
  readonly experiment: SourceExperiment
  readonly id: string
  /** Made by an export. */
  readonly isOurs: boolean
}

/** Makes or finds the experiment over there. @returns undefined when it cannot take runs, which is noted as a difference */
export async function putExperiment(
  context: ExportContext,
  experiment: SourceExperiment,
  there: SourceExperiment | undefined,
): Promise<ExperimentPair | undefined> {
  try {
    return there ? await findExperiment(context, experiment, there) : await makeExperiment(context, experiment)
  } catch (error) {
    if (!(error instanceof SourceRefusal)) throw error
    context.tally.differs(nameOf(experiment), `the target answered ${error.status}: ${error.message}`)
    return undefined
  }
}

const nameOf = ({ name }: SourceExperiment) => `experiment "${name}"`

const tagsOf = ({ tags, experiment_id: id }: SourceExperiment) => [
  ...withoutMarks(tags),
  { key: marks.experiment, value: id },
]

async function makeExperiment(context: ExportContext, experiment: SourceExperiment): Promise<ExperimentPair> {
  const body = { name: experiment.name, ...placeOf(context, experiment), tags: tagsOf(experiment) }
  return { experiment, id: await context.target.tracking.createExperiment(body), isOurs: true }
}

async function findExperiment(
  { target, tally }: ExportContext,
  experiment: SourceExperiment,
  there: SourceExperiment,
): Promise<ExperimentPair | undefined> {
  const { experiment_id: id, lifecycle_stage: lifecycle } = there
  const isOurs = valueOf(there.tags, marks.experiment) === experiment.experiment_id
  if (lifecycle === 'deleted' && !(isOurs && experiment.lifecycle_stage === 'deleted')) {
    tally.differs(nameOf(experiment), 'it is deleted there; restore it there, or rename one of the two')
    return undefined
  }
  const missing = missingTags(tagsOf(experiment), there.tags)
  if (lifecycle === 'deleted') await target.tracking.restoreExperiment(id)
  if (isOurs) for (const tag of missing) await target.tracking.setExperimentTag(id, tag)
  else if (missing.length > 1) {
    tally.note(`${nameOf(experiment)} was made there; runs are added to it, its tags stay as they are`)
  }
  return { experiment, id, isOurs }
}

/** A store that clients reach by themselves goes on being used. */
const placeOf = ({ source }: ExportContext, { artifact_location: location }: SourceExperiment) =>
  source.folderOf(location) === undefined && /^(?!file:|mlflow-artifacts:)[a-z][a-z0-9+.-]+:/i.test(location)
    ? { artifact_location: location }
    : {}

/** Every run of an experiment, once: pages shift when a run is deleted meanwhile. */
async function* runsOf({ source, withDeleted }: ExportContext, experimentId: string): AsyncGenerator<SourceRun> {
  const seen = new Set<string>()
  for await (const run of source.runs(experimentId, withDeleted)) {
    if (!seen.has(run.info.run_id)) yield run
    seen.add(run.info.run_id)
  }
}

/** Makes every run and logged model that is not there, so that all of them have their ids before one is named. */
export async function beginExperiment(context: ExportContext, { experiment, id }: ExperimentPair): Promise<void> {
  const { source, target, known, progress, concurrency } = context
  await lookAround(known, target, id)
  let runs = 0
  await inParallel(runsOf(context, experiment.experiment_id), concurrency, (run) => {
    runs++
    return beginRun(context, run, id)
  })
  progress.expect(runs)
  await inParallel(source.loggedModels(experiment.experiment_id), concurrency, (model) =>
    beginLoggedModel(context, model, id),
  )
}

/** Fills logged models, then the runs, which are ended last; and counts both sides. */
export async function exportExperiment(
  context: ExportContext,
  { experiment, id, isOurs }: ExperimentPair,
): Promise<ExperimentResult> {
  const { source, target, concurrency } = context
  const { name, experiment_id: sourceId } = experiment
  const sides = { there: noCounts(), here: noCounts() }
  await inParallel(source.loggedModels(sourceId), concurrency, (model) => exportLoggedModel(context, model, sides))
  await inParallel(runsOf(context, sourceId), concurrency, (run) => exportRun(context, run, sides))
  if (isOurs && experiment.lifecycle_stage === 'deleted') await target.tracking.deleteExperiment(id)
  return { name, sourceId, id, ...sides }
}

/** What an export would bring; nothing is written. */
export async function planExperiment(
  context: ExportContext,
  experiment: SourceExperiment,
  there: SourceExperiment | undefined,
): Promise<ExperimentPlan> {
  const { known, target } = context
  if (there) await lookAround(known, target, there.experiment_id)
  const sum = { runs: 0, already: 0, params: 0, metrics: 0 }
  for await (const run of runsOf(context, experiment.experiment_id)) {
    sum.runs++
    if (known.runs.has(run.info.run_id)) sum.already++
    sum.params += run.data.params.length
    sum.metrics += run.data.metrics.length
  }
  return { name: experiment.name, sourceId: experiment.experiment_id, ...sum }
}
