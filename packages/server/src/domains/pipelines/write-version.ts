import { canonicalJson, pipelinesErrors, pipelinesEvents, type PipelineSpec } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import { json } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { publish } from '../../platform/events.ts'
import { problemOf, type SpecProblem } from './engine/check-spec.ts'
import { shortageIn } from './engine/shortage.ts'
import type { PipelinesDeps } from './needs.ts'
import { refuseStep } from './refuse-step.ts'
import { pipelinesStore } from './store.ts'
import type { VersionRow } from './version-store.ts'

const fail = failures(pipelinesErrors)

export function refuse(problem: SpecProblem | undefined): void {
  if (problem) throw fail('pipelines.spec_invalid', problem, { why: problem.reason })
}

/** sha256 (hex) of what a version holds: the same content of another commit is no other version. */
export const specDigestOf = (spec: object): string =>
  createHash('sha256')
    .update(canonicalJson({ ...spec, commit: undefined }))
    .digest('hex')

/**
 * Writes a version of a pipeline, unless the newest one is the same.
 *
 * @param scope - the pull request it is a candidate of; null when it is applied
 * @returns its number
 * @throws DomainError `pipelines.spec_invalid`
 */
export async function writeVersion(
  deps: PipelinesDeps,
  caller: Caller,
  pipeline: string,
  spec: PipelineSpec,
  scope: string | null = null,
): Promise<number> {
  refuseStep(caller)
  refuse(problemOf(spec, (name) => deps.builtinSteps(name) !== undefined))
  refuse(await missingCode(deps.blobs, spec))
  refuse(await shortageIn(deps.db, caller.projectId, spec))
  const { projectId, userName } = caller
  const digest = specDigestOf(spec)
  return deps.db.transaction().execute(async (tx) => {
    const versions = pipelinesStore(tx)
    await versions.lockPipeline(projectId, pipeline)
    const before =
      scope === null
        ? await versions.newestVersion(projectId, pipeline)
        : await versions.newestCandidate(projectId, pipeline, scope)
    if (before?.spec_digest === digest) {
      if (isBetterCommit(spec.commit, before)) await versions.nameCommit(before, spec.commit!)
      return before.version
    }
    const version = (await versions.lastNumber(projectId, pipeline)) + 1
    await versions.addVersion({
      project_id: projectId,
      pipeline,
      version,
      spec: json(spec),
      spec_digest: digest,
      candidate_scope: scope,
      created_by: userName,
      created_at: deps.now(),
    })
    const subject = `${pipeline}@${version}`
    const action = scope === null ? 'pipelines.put' : 'pipelines.put_candidate'
    await audit(tx, { projectId, actor: userName, action, subject, after: { digest } })
    // A candidate is nobody's news.
    if (scope === null) {
      const news = { projectId, subject: pipeline, pipeline, version }
      await publish(tx, pipelinesEvents, 'pipelines.version_written', news)
    }
    return version
  })
}

export const isDirty = (commit: string | undefined): boolean => commit === undefined || commit.endsWith('-dirty')

/** Content that was first seen before it was committed has a commit once it is. */
const isBetterCommit = (commit: string | undefined, { spec }: VersionRow): boolean =>
  !isDirty(commit) && isDirty((spec as { commit?: string }).commit)

/** The first file of code that nobody has stored: its run could never start. */
async function missingCode(blobs: PipelinesDeps['blobs'], { steps }: PipelineSpec): Promise<SpecProblem | undefined> {
  const files = steps.flatMap(({ key, code, runtime }) => {
    const software = runtime ? [runtime.lock, ...(runtime.manifest ? [runtime.manifest] : [])] : []
    return [...(code ?? []), ...software].map((file) => ({ key, ...file }))
  })
  const missing = new Set(await blobs.claim(files.map(({ digest }) => digest)))
  const first = files.find(({ digest }) => missing.has(digest))
  if (!first) return undefined
  const { key, path, digest } = first
  return { step: key, reason: `The file "${path}" (${digest}) is not stored; upload it as an artifact first.` }
}
