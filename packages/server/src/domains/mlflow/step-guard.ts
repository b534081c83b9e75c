import type { Caller } from '../../platform/auth.ts'
import { failPlatform } from '../../platform/errors.ts'
import type { Guard } from './face.ts'

export interface StepNeeds {
  readonly stepRuns: {
    /** Makes the run that a step logs into, and refuses writes to runs that are not those of its pipeline run. */
    admit(caller: Caller, runId: string, writes: boolean): Promise<void>
  }
}

const notForSteps = new Set(['experiments/delete', 'experiments/restore', 'experiments/update'])

/** Steps log into runs of their own and may begin more of them, in experiments of their own too. */
export const stepGuard =
  ({ stepRuns }: StepNeeds): Guard =>
  async (caller, { path, access }, message) => {
    if (caller.kind !== 'step') return
    if (notForSteps.has(path)) {
      const why = 'A step may begin experiments and log into them; a person renames, deletes and restores them.'
      throw failPlatform('auth.not_allowed', { access, roles: [...caller.roles] }, { why })
    }
    const { run_id, run_uuid } = message as { readonly run_id?: string; readonly run_uuid?: string }
    const runId = run_id || run_uuid
    if (runId) await stepRuns.admit(caller, runId, access.endsWith(':write'))
  }
