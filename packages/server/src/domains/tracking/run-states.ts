import { trackingErrors } from '@evenkeel/contract'
import { failures } from '../../platform/errors.ts'
import type { RunState } from './run-store.ts'

const fail = failures(trackingErrors)

/** The tag that always holds the name of its run. */
export const nameTag = 'mlflow.runName'

/** The tag that names the run within which a run was begun. */
export const parentTag = 'mlflow.parentRunId'

/** The tag that names the run of a pipeline whose step made a run. */
export const pipelineTag = 'evenkeel.run'

export const runNotFound = (id: string): Error =>
  fail('tracking.run_not_found', { run: id }, { why: `Run with id=${id} not found` })

/** @throws DomainError `tracking.run_not_found`, or `tracking.wrong_lifecycle` for a deleted run */
export function requireActiveRun<S extends RunState>(id: string, state: S | undefined): S {
  if (!state) throw runNotFound(id)
  if (state.deleted_ms === null) return state
  const why = `The run ${id} must be in the 'active' state. Current state is deleted.`
  throw fail('tracking.wrong_lifecycle', { id, lifecycle: 'deleted' }, { why })
}
