import type { ModelVersion, PipelineSpec } from '@evenkeel/contract'
import { shortageIn } from '../engine/shortage.ts'
import { pinnedVersions, type PinnedVersion, type RunPlan } from '../engine/plan.ts'
import type { PipelinesDeps } from '../needs.ts'
import type { Places } from '../targets.ts'

/** What is made again: the steps of a run that are repeated, as the pipeline says them and as they were planned. */
export interface Wanted {
  readonly projectId: string
  readonly version: ModelVersion
  readonly spec: PipelineSpec
  readonly plan: RunPlan
}

/** How many of a kind are named. */
const namedMost = 20

/** Everything that a reproduction needs and that is not there, in words; empty when it can begin. */
export async function missingFor(deps: PipelinesDeps, places: Places, wanted: Wanted): Promise<string[]> {
  const { projectId, spec, plan } = wanted
  const data = await Promise.all(pinnedVersions(plan).map((pin) => missingData(deps, projectId, pin)))
  const problem = places.problemOf(spec) ?? (await shortageIn(deps.db, projectId, spec))
  return [
    ...data.flat(),
    ...(await missingCode(deps.blobs, plan)),
    ...missingPrograms(deps, plan),
    ...(await otherViews(deps, wanted)),
    ...(problem ? [`The step "${problem.step}" cannot run: ${problem.reason}`] : []),
  ].slice(0, namedMost)
}

async function missingData(
  { datasets, blobs }: PipelinesDeps,
  projectId: string,
  { dataset, version, files }: PinnedVersion,
): Promise<string[]> {
  const name = `The dataset version ${dataset}@${version}`
  if (!(await datasets.findVersion(projectId, dataset, version))) return [`${name} is not there any more.`]
  for (const { digest } of files)
    if (!(await blobs.has(digest))) return [`${name} has lost its file ${digest}: it is no longer stored.`]
  return []
}

async function missingCode(blobs: PipelinesDeps['blobs'], { steps }: RunPlan): Promise<string[]> {
  const files = new Map<string, string>()
  for (const { key, code, runtime } of steps) {
    const software = runtime ? [runtime.lock, ...(runtime.manifest ? [runtime.manifest] : [])] : []
    for (const { path, digest } of [...(code ?? []), ...software])
      files.set(digest, `The file "${path}" of the step "${key}" (${digest}) is no longer stored.`)
  }
  const missing: string[] = []
  for (const [digest, says] of files) if (!(await blobs.has(digest))) missing.push(says)
  return missing
}

const missingPrograms = ({ builtinSteps }: PipelinesDeps, { steps }: RunPlan): string[] =>
  steps.flatMap(({ key, uses }) =>
    uses !== null && !builtinSteps(uses)
      ? [`The step "${key}" uses "${uses}", which does not ship with this version of Evenkeel.`]
      : [],
  )

/** A view is asked for by its name, and gives what it is now. */
async function otherViews({ featureView }: PipelinesDeps, { projectId, version }: Wanted): Promise<string[]> {
  const missing: string[] = []
  for (const then of version.lineage.featureViews) {
    const now = await featureView(projectId, then.view)
    if (now === then.version) continue
    const is = now === null ? 'it is not there any more' : `it is version ${now} now`
    missing.push(`The feature view "${then.view}" was version ${then.version}, and ${is}; define it as it was then.`)
  }
  return missing
}
