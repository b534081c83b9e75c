import type { ImportedRun } from '@evenkeel/contract'
import { CliError, exitCodes } from '../errors.ts'
import type { ImportContext } from './context.ts'
import { isAboutOne, persistently } from './here.ts'
import { importLoggedModel } from './logged-models.ts'
import { importRun } from './runs.ts'
import type { Source, SourceExperiment, SourceRun } from './source/index.ts'
import { noCounts, type Sides } from './tally.ts'
import { batchesOf, inParallel } from './work.ts'

/** Runs whose state here is asked for at once. */
const statesAtOnce = 200

export interface ExperimentResult extends Sides {
  readonly name: string
  /** Its id where it comes from, and where it went. */
  readonly sourceId: string
  readonly id: string
}

interface Wanted {
  readonly names: readonly string[] | undefined
  readonly withDeleted: boolean
  /** Whose experiments they are, for people. */
  readonly who?: string
}

/** The experiments that were asked for; all of them when none is named. @throws CliError for a name that is not there */
export async function chosenExperiments(
  source: Source,
  { names, withDeleted, who = 'The MLflow server' }: Wanted,
): Promise<readonly SourceExperiment[]> {
  const all = await Array.fromAsync(source.experiments(withDeleted))
  if (names === undefined) return all
  const missing = names.filter((name) => !all.some((experiment) => experiment.name === name))
  if (missing.length === 0) return all.filter(({ name }) => names.includes(name))
  throw new CliError({
    code: 'cli.no_experiment',
    message: `${who} has no experiment "${missing[0]}"`,
    why: `it has ${
      all
        .map(({ name }) => `"${name}"`)
        .slice(0, 20)
        .join(', ') || 'none'
    }`,
    fix: withDeleted ? 'name one of these' : 'name one of these, or add --deleted',
    exitCode: exitCodes.notFound,
  })
}

/** Every run of an experiment, once, with what is here of it. */
export async function* runsWithStates(
  { source, here, signal, withDeleted }: Pick<ImportContext, 'source' | 'here' | 'signal' | 'withDeleted'>,
  experimentId: string,
): AsyncGenerator<{ readonly run: SourceRun; readonly state: ImportedRun | undefined }> {
  const seen = new Set<string>()
  for await (const runs of batchesOf(source.runs(experimentId, withDeleted), statesAtOnce)) {
    const body = { runs: runs.map(({ info }) => info.run_id) }
    const { items } = await persistently(signal, () => here.imports.states({ body }, { signal }))
    const states = new Map(items.map((state) => [state.run, state]))
    for (const run of runs) {
      // Pages shift when a run is deleted meanwhile.
      if (!seen.has(run.info.run_id)) yield { run, state: states.get(run.info.run_id) }
      seen.add(run.info.run_id)
    }
  }
}

/** Makes or finds the experiment here. @returns its id; undefined when it cannot be kept, which is noted as a difference */
export async function putExperiment(
  { source, here, signal, tally }: ImportContext,
  experiment: SourceExperiment,
): Promise<string | undefined> {
  const { artifact_location: location } = experiment
  const body = {
    name: experiment.name,
    artifactLocation: isReachable(source, location) ? location : null,
    lifecycle: experiment.lifecycle_stage,
    createdMs: experiment.creation_time,
    updatedMs: experiment.last_update_time,
    tags: [...experiment.tags],
  }
  const asked = persistently(signal, () => here.imports.putExperiment({ body }, { signal }))
  const kept = await asked.catch((error: unknown) => {
    if (!isAboutOne(error)) throw error
    tally.differs(`experiment "${experiment.name}"`, error.why)
  })
  if (!kept) return undefined
  if (kept.lifecycle !== experiment.lifecycle_stage) {
    tally.note(`experiment "${kept.name}" is ${kept.lifecycle} here and ${experiment.lifecycle_stage} there`)
  }
  const missing = experiment.tags.filter(({ key, value }) => kept.tags[key] !== value)
  for (const { key } of missing) tally.differs(`experiment "${kept.name}"`, `tag ${key} is another one here`)
  return kept.id
}

/** A store that clients reach by themselves goes on being used; a disk of another machine does not. */
const isReachable = (source: Source, location: string) =>
  source.folderOf(location) === undefined &&
  /^[a-z][a-z0-9+.-]+:/i.test(location) &&
  !/^(?:file|mlflow-artifacts):/i.test(location)

/** Brings runs, their files and logged models of an experiment, and counts both sides. */
export async function importExperiment(
  context: ImportContext,
  experiment: SourceExperiment,
  id: string,
): Promise<ExperimentResult> {
  const sides: Sides = { there: noCounts(), here: noCounts() }
  const sourceId = experiment.experiment_id
  await inParallel(runsWithStates(context, sourceId), context.concurrency, (pair) =>
    importRun(context, { ...pair, experiment: id }, sides),
  )
  await inParallel(context.source.loggedModels(sourceId), context.concurrency, (model) =>
    importLoggedModel(context, model, id, sides),
  )
  return { name: experiment.name, sourceId, id, ...sides }
}

/** How many runs an experiment has. */
export async function countRuns(
  { source, withDeleted }: Pick<ImportContext, 'source' | 'withDeleted'>,
  experimentId: string,
): Promise<number> {
  const seen = new Set<string>()
  for await (const { info } of source.runs(experimentId, withDeleted)) seen.add(info.run_id)
  return seen.size
}

export interface ExperimentPlan {
  readonly name: string
  readonly sourceId: string
  readonly runs: number
  /** Of these, brought already. */
  readonly already: number
  readonly params: number
  /** Metrics, not their points. */
  readonly metrics: number
}

/** What an import would bring; nothing is written. */
export async function planExperiment(context: ImportContext, experiment: SourceExperiment): Promise<ExperimentPlan> {
  const sum = { runs: 0, already: 0, params: 0, metrics: 0 }
  for await (const { run, state } of runsWithStates(context, experiment.experiment_id)) {
    sum.runs++
    if (state?.revision) sum.already++
    sum.params += run.data.params.length
    sum.metrics += run.data.metrics.length
  }
  return { name: experiment.name, sourceId: experiment.experiment_id, ...sum }
}
