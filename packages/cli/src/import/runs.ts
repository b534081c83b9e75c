import type { ImportedRun } from '@evenkeel/contract'
import type { ImportContext } from './context.ts'
import { copyFolder } from './files.ts'
import { folderHere, isAboutOne, persistently } from './here.ts'
import { pointsOf, revisionOf } from './revision.ts'
import { bringPoints } from './run-points.ts'
import { putRun } from './run-values.ts'
import type { SourceRun } from './source/index.ts'
import { addTo, type Sides } from './tally.ts'

/** A run of the source, and what is here of it. */
export interface RunPair {
  readonly run: SourceRun
  readonly state: ImportedRun | undefined
  /** Id of its experiment here. */
  readonly experiment: string
}

/** Brings one run in full, or what it lacks, and counts both sides. What cannot be kept is noted as a difference. */
export async function importRun(context: ImportContext, pair: RunPair, sides: Sides): Promise<void> {
  const { run } = pair
  const { tally, progress } = context
  addTo(sides.there, { runs: 1, params: run.data.params.length })
  try {
    await bring(context, pair, sides)
  } catch (error) {
    if (!isAboutOne(error)) throw error
    tally.differs(`run ${run.info.run_id}`, error.why)
  }
  progress.ran()
}

async function bring(context: ImportContext, { run, state, experiment }: RunPair, sides: Sides): Promise<void> {
  const { source, tally, full } = context
  const what = `run ${run.info.run_id}`
  if (state?.lifecycle === 'deleted' && run.info.lifecycle_stage === 'active') {
    tally.note(`${what} was deleted here, and stays deleted`)
  }
  const folder = source.folderOf(run.info.artifact_uri)
  if (folder === undefined) tally.liesElsewhere(run.info.artifact_uri)
  const known = full || run.info.status === 'RUNNING' ? undefined : pointsOf(state?.revision, run)
  const isWhole = state !== undefined && known !== undefined
  const uri = isWhole ? state.artifactUri : await putRun(context, run, experiment, folder !== undefined)
  const points = isWhole ? known : await bringPoints(context, run)
  const to = folderHere(uri)
  if (folder !== undefined && to !== undefined) {
    const { there, here } = await copyFolder(context, { what, from: folder, to, isNew: state === undefined })
    addTo(sides.there, there)
    addTo(sides.here, here)
    context.progress.brought({ bytes: here.bytes })
  }
  const here = isWhole ? state : await endRun(context, run, points)
  addTo(sides.there, { points })
  addTo(sides.here, { runs: 1, params: here.params, points: here.points })
  tally.compare(what, { ...countsOf(run), points }, here)
}

const endRun = ({ here, signal }: ImportContext, run: SourceRun, points: number): Promise<ImportedRun> => {
  const { status, end_time: endedMs = null, lifecycle_stage: lifecycle } = run.info
  const body = { status, endedMs, lifecycle, revision: revisionOf(run, points) }
  return persistently(signal, () => here.imports.endRun({ params: { run: run.info.run_id }, body }, { signal }))
}

const countsOf = ({ data, inputs, outputs }: SourceRun) => ({
  params: data.params.length,
  tags: data.tags.length,
  datasets: inputs.dataset_inputs.length,
  models: inputs.model_inputs.length + outputs.model_outputs.length,
})
