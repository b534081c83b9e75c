import { folderHere } from '../import/here.ts'
import { pointsOf, revisionOf } from '../import/revision.ts'
import { SourceRefusal } from '../import/source/http.ts'
import type { SourceRun } from '../import/source/index.ts'
import { addTo, type Sides } from '../import/tally.ts'
import type { ExportContext } from './context.ts'
import { type SentFolder, sendFolder } from './files.ts'
import { type KnownRun, knownRun } from './known.ts'
import { marks } from './marks.ts'
import { runWithNewIds } from './new-ids.ts'
import { countPoints } from './points.ts'
import { differencesOf } from './run-differences.ts'
import { type RunPair, sendValues } from './run-values.ts'

/** Makes a run over there, with nothing but its mark: what names it can be told its id. */
export async function beginRun(
  { target, known, tally }: ExportContext,
  run: SourceRun,
  experiment: string,
): Promise<void> {
  const { run_id: id, user_id, run_name, start_time } = run.info
  if (known.runs.has(id)) return
  const tags = [{ key: marks.run, value: id }]
  try {
    const made = await target.tracking.createRun({ experiment_id: experiment, user_id, run_name, start_time, tags })
    known.runs.set(id, knownRun(made, true))
  } catch (error) {
    if (!(error instanceof SourceRefusal)) throw error
    tally.differs(`run ${id}`, `the target answered ${error.status}: ${error.message}`)
  }
}

/** Brings a run over there up to what it is here, and counts both sides. What cannot be kept is noted as a difference. */
export async function exportRun(context: ExportContext, run: SourceRun, sides: Sides): Promise<void> {
  const { tally, progress } = context
  const known = context.known.runs.get(run.info.run_id)
  const what = `run ${run.info.run_id}`
  addTo(sides.here, { runs: 1, params: run.data.params.length })
  if (known) addTo(sides.there, { runs: 1 })
  try {
    if (known && isLeft(known, run)) leave(context, run, { known, what, sides })
    else if (known) await fill(context, run, { known, what, sides })
  } catch (error) {
    if (!(error instanceof SourceRefusal)) throw error
    tally.differs(what, `the target answered ${error.status}: ${error.message}`)
  }
  progress.ran()
}

interface Place {
  readonly known: KnownRun
  readonly what: string
  readonly sides: Sides
}

/** What came from there, under this very id, is not ours to change; what was deleted there stays deleted. */
const isLeft = ({ isOurs, lifecycle }: KnownRun, { info }: SourceRun) =>
  !isOurs || (lifecycle === 'deleted' && info.lifecycle_stage === 'active')

function leave({ tally }: ExportContext, run: SourceRun, { known, what, sides }: Place): void {
  addTo(sides.there, { params: known.params })
  if (known.isOurs) return tally.note(`${what} was deleted there, and stays deleted`)
  tally.note(`${what} was there before it was here, and was left as it is`)
  tally.compare(what, { params: known.params }, { params: run.data.params.length })
}

async function fill(context: ExportContext, run: SourceRun, { known, what, sides }: Place): Promise<void> {
  const { tally, full } = context
  const { run: wanted, unknown } = wantedRun(context, run)
  for (const thing of unknown) tally.note(`${what} names ${thing}, which is not exported`)
  const points = full || run.info.status === 'RUNNING' ? undefined : pointsOf(known.revision, wanted)
  const life = createLife(context, { wanted, known })
  const counted =
    points === undefined
      ? await sendAll(context, { wanted, known }, { what, life })
      : { params: known.params, here: points, there: points, isWhole: true }
  const files = await filesOf(context, run, { known, what })
  addTo(sides.here, { points: counted.here, ...files.here })
  addTo(sides.there, { params: counted.params, points: counted.there, ...files.there })
  const revision = `${revisionOf(wanted, counted.here)}-${files.digest}`
  if (counted.isWhole && files.isWhole && revision !== known.revision) {
    await life.wake()
    await context.target.tracking.setRunTag(known.id, { key: marks.revision, value: revision })
  }
  await life.end()
}

/** The name is an attribute, and its tag follows it; files that are not sent are named. */
function wantedRun({ source, known }: ExportContext, run: SourceRun) {
  const { run: renamed, unknown } = runWithNewIds(run, known)
  const tags = renamed.data.tags.filter(({ key }) => key !== 'mlflow.runName')
  const uri = run.info.artifact_uri
  if (uri && source.folderOf(uri) === undefined) tags.push({ key: marks.files, value: uri })
  const [inputs, outputs] = known.keepsModels
    ? [renamed.inputs, renamed.outputs]
    : [{ ...renamed.inputs, model_inputs: [] }, { model_outputs: [] }]
  return {
    run: { ...renamed, data: { ...renamed.data, tags }, inputs, outputs },
    unknown: known.keepsModels ? unknown : [],
  }
}

/** A deleted run takes nothing: it is woken to be changed, and deleted when it is whole. */
function createLife({ target }: ExportContext, { wanted, known }: RunPair) {
  let { lifecycle } = known
  return {
    async wake(): Promise<void> {
      if (lifecycle === 'deleted') await target.tracking.restoreRun(known.id)
      lifecycle = 'active'
    },
    async end(): Promise<void> {
      if (lifecycle === 'active' && wanted.info.lifecycle_stage === 'deleted') await target.tracking.deleteRun(known.id)
    },
  }
}

type Life = ReturnType<typeof createLife>

async function sendAll(
  context: ExportContext,
  pair: RunPair,
  { what, life }: { readonly what: string; readonly life: Life },
) {
  const { tracking } = context.target
  const { info } = pair.wanted
  await life.wake()
  const counts = await sendValues(context, pair)
  await tracking.updateRun({
    run_id: pair.known.id,
    status: info.status,
    ...(info.end_time !== undefined && { end_time: info.end_time }),
    ...(info.run_name && { run_name: info.run_name }),
  })
  const after = await tracking.getRun(pair.known.id)
  const [here, there] = [
    counts.values().reduce((sum, count) => sum + count, 0),
    await countPoints(context, after, counts),
  ]
  const differences = differencesOf(pair.wanted, after)
  for (const why of differences) context.tally.differs(what, why)
  context.tally.compare(what, { points: there }, { points: here })
  const params = pair.wanted.data.params.filter(({ key }) =>
    after.data.params.some((param) => param.key === key),
  ).length
  return { params, here, there, isWhole: differences.length === 0 && here === there }
}

const noFiles = { here: {}, there: {}, digest: '', isWhole: true }

/** Files that the target does not take stay here, and that is no difference. */
async function filesOf(
  context: ExportContext,
  run: SourceRun,
  { known, what }: Omit<Place, 'sides'>,
): Promise<SentFolder | typeof noFiles> {
  const { source, target, tally } = context
  const from = source.folderOf(run.info.artifact_uri) === undefined ? undefined : folderHere(run.info.artifact_uri)
  if (from === undefined) {
    if (run.info.artifact_uri) tally.liesElsewhere(run.info.artifact_uri)
    return noFiles
  }
  const to = target.folderOf(known.uri)
  if (to === undefined) {
    tally.note(noProxy(known.uri))
    return noFiles
  }
  return sendFolder(context, { what, from, to, isNew: known.isNew, before: known.revision?.split('-')[2] })
}

export const noProxy = (uri: string) =>
  `files are not sent: the target takes none itself, it keeps them in ${/^[a-z][a-z0-9+.-]+:/i.exec(uri)?.[0] ?? 'a folder of its machine'}; to send them, start it with --serve-artifacts and --artifacts-destination`
