import type { Caller } from '../../platform/auth.ts'
import { failPlatform } from '../../platform/errors.ts'
import type { ProxyNeeds } from './artifact-proxy.ts'
import type { Guard } from './face.ts'

export interface StepNeeds {
  readonly stepRuns: {
    /** Makes the run that a step logs into, and refuses writes to runs that are not those of its pipeline run. */
    admit(caller: Caller, runId: string, writes: boolean): Promise<void>
    /** Notes the experiment that a step asks for, before it names its run. */
    choose(caller: Caller, experiment: string): void
  }
  readonly loggedModels: { get(caller: Caller, modelId: string): Promise<{ readonly sourceRunId: string | null }> }
}

interface Message {
  readonly run_id?: string
  readonly run_uuid?: string
  readonly source_run_id?: string
  readonly model_id?: string
  readonly experiment_name?: string
}

const notForSteps = new Set([
  'experiments/delete',
  'experiments/restore',
  'experiments/update',
  'registered-models/delete',
  'registered-models/rename',
  'model-versions/delete',
  'traces/delete-traces',
])

/** Steps log into runs of their own and may begin more of them, in experiments of their own too. */
export const stepGuard =
  (needs: StepNeeds): Guard =>
  async (caller, { path, access }, message: Message) => {
    if (caller.kind !== 'step') return
    if (notForSteps.has(path) || (path.startsWith('webhooks') && access.endsWith(':write'))) {
      throw refuse(
        caller,
        'A step may begin experiments and register models; a person renames, deletes and restores them, and writes webhooks.',
      )
    }
    if (message.experiment_name) needs.stepRuns.choose(caller, message.experiment_name)
    const writes = access.endsWith(':write')
    const runId = message.run_id || message.run_uuid || message.source_run_id
    if (runId) await needs.stepRuns.admit(caller, runId, writes)
    // A metric may name the model of another run, which it measures and does not change.
    if (writes && path.startsWith('logged-models/') && message.model_id)
      await requireModel(needs, caller, message.model_id)
  }

/** The same files, of which a step writes only those of its own runs and of the models that these made. */
export function filesForSteps<N extends ProxyNeeds & StepNeeds>(needs: N): N {
  const { files, uploads } = needs
  return {
    ...needs,
    files: {
      ...files,
      put: async (caller: Caller, path: string, bytes) => {
        await requirePath(needs, caller, path)
        return files.put(caller, path, bytes)
      },
      delete: async (caller: Caller, path: string) => {
        await requirePath(needs, caller, path)
        return files.delete(caller, path)
      },
    },
    uploads: {
      ...uploads,
      begin: async (caller: Caller, path: string, partCount: number) => {
        await requirePath(needs, caller, path)
        return uploads.begin(caller, path, partCount)
      },
    },
  } satisfies ProxyNeeds & StepNeeds as N
}

/** @throws DomainError `auth.not_allowed` for a step, and a path that is not its own */
async function requirePath(needs: StepNeeds, caller: Caller, path: string): Promise<void> {
  if (caller.kind !== 'step') return
  const [, runId, modelId] = /^\d+\/(?:([0-9a-f]{32})|models\/(m-[0-9a-f]{32}))\/artifacts(?:\/|$)/.exec(path) ?? []
  if (runId) return needs.stepRuns.admit(caller, runId, true)
  if (modelId) return requireModel(needs, caller, modelId)
  throw refuse(
    caller,
    `A step writes files of its runs and of the models that these log, and "${path}" is none of them.`,
  )
}

async function requireModel({ loggedModels, stepRuns }: StepNeeds, caller: Caller, modelId: string): Promise<void> {
  const { sourceRunId } = await loggedModels.get(caller, modelId)
  if (sourceRunId === null) throw refuse(caller, `No run has logged the model ${modelId}; log it within a run.`)
  await stepRuns.admit(caller, sourceRunId, true)
}

const refuse = ({ roles }: Caller, why: string) =>
  failPlatform('auth.not_allowed', { access: 'tracking:write', roles: [...roles] }, { why })
