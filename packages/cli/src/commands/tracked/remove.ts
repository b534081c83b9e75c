import { plural, type PurgePlan } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { findRunId, type TrackedRuns } from './tracked.ts'

interface RemoveOptions extends CommonOptions {
  readonly purge?: boolean
  readonly yes?: boolean
}

/** Deletes runs so that they can be restored, or for good those that were deleted before. */
export async function remove(ids: readonly string[], options: RemoveOptions): Promise<number> {
  const { trackedRuns } = await connect(options)
  if (options.purge) return purge(trackedRuns, await findAll(trackedRuns, ids, 'deleted'), options)
  const runs = await findAll(trackedRuns, ids, 'active')
  const output = outputOf(options)
  for (const run of runs) output.say(await summaryOf(trackedRuns, run))
  const done = await trackedRuns.remove({ body: { runs } })
  output.result(done, () => [
    `${plural(done.deleted, 'run')} deleted`,
    `back again   evenkeel run restore ${runs.join(' ')}`,
    `for good     evenkeel run delete --purge ${runs.join(' ')}`,
  ])
  return exitCodes.ok
}

export async function restore(ids: readonly string[], options: CommonOptions): Promise<number> {
  const { trackedRuns } = await connect(options)
  const done = await trackedRuns.restore({ body: { runs: await findAll(trackedRuns, ids, 'deleted') } })
  outputOf(options).result(done, () => `${plural(done.restored, 'run')} restored`)
  return exitCodes.ok
}

/** Says first what is lost; the answer of the plan is what makes the server do it. */
async function purge(api: TrackedRuns, runs: string[], options: RemoveOptions): Promise<number> {
  const output = outputOf(options)
  const plan = await api.planPurge({ body: { runs } })
  if (!options.yes) {
    output.result(plan, () => [...linesOf(plan, 'would be lost'), 'nothing was deleted; add --yes to do it'])
    return exitCodes.usage
  }
  linesOf(plan, 'will be lost').forEach(output.say)
  const done = await api.purge({ body: { runs, confirmation: plan.confirmation } })
  output.result(done, () => linesOf(done, 'deleted for good'))
  return done.kept.length > 0 ? exitCodes.conflict : exitCodes.ok
}

const linesOf = ({ runs, points, loggedModels, traces, files, sizeBytes, kept }: PurgePlan, what: string): string[] => [
  `${what}: ${plural(runs, 'run')}, ${plural(points, 'point')}, ${plural(loggedModels, 'logged model')}, ${plural(traces, 'trace')}, ${plural(files, 'file')} of ${plural(sizeBytes, 'byte')}`,
  ...kept.map(({ run, why }) => `stays: ${run}  ${why}`),
]

async function summaryOf(api: TrackedRuns, run: string): Promise<string> {
  const { id, name, experimentName, metrics, modelVersions } = await api.get({ params: { run } })
  const became = modelVersions.map(({ model, version }) => `, became ${model}@${version}`).join('')
  return `deletes ${id}  ${name} of ${experimentName}, ${plural(Object.keys(metrics).length, 'metric')}${became}`
}

async function findAll(api: TrackedRuns, ids: readonly string[], lifecycle: 'active' | 'deleted'): Promise<string[]> {
  const found: string[] = []
  for (const id of ids) found.push(await findRunId(api, id, lifecycle))
  return found
}
