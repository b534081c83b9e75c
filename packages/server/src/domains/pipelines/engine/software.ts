import type { AttemptRuntime, StepRuntime } from '@evenkeel/contract'
import { json } from '../../../platform/db.ts'
import { type Environments, EnvironmentsClosed, type Identified } from '../runtimes/environments.ts'
import { type RuntimeFace, RuntimeProblem } from '../runtimes/runtime-kind.ts'
import type { AttemptId, PipelinesStore } from '../store.ts'
import type { Ending } from './apply.ts'

export interface Waiting {
  /** Says to whoever looks what the attempt waits for. */
  progress(says: string): Promise<void>
  /** When nobody wants the attempt any more. */
  readonly stopped: AbortSignal
}

/**
 * The software environment of an attempt, built first where it is not there yet.
 *
 * @returns what the job sees of it, or why the attempt ends here
 */
export async function softwareFor(
  environments: Environments,
  store: PipelinesStore,
  id: AttemptId,
  runtime: StepRuntime,
  waiting: Waiting,
): Promise<RuntimeFace | Ending> {
  const identified = await environments.identify(runtime).catch(endingOf)
  if ('outcome' in identified) return identified
  // Before it is looked for: from now on nobody removes it.
  await store.reportAttempt(id, { runtime: json(recordOf(identified, identified.tool.version)) })
  const provided = await wait(environments, identified, waiting)
  if ('outcome' in provided) return provided
  await store.reportAttempt(id, { runtime: json(recordOf(identified, provided.version)), progress: null })
  return provided.face
}

async function wait(environments: Environments, identified: Identified, { progress, stopped }: Waiting) {
  let told = Promise.resolve()
  const tell = (says: string) => {
    // What cannot be told now is told in two seconds.
    told = told.then(() => progress(says)).catch(() => undefined)
  }
  try {
    return await environments.provide(identified, tell, stopped)
  } catch (error) {
    if (stopped.aborted) return stoppedEarly
    return endingOf(error)
  } finally {
    await told
  }
}

const stoppedEarly: Ending = { outcome: 'cancelled', reason: 'It was stopped because the run was cancelled.' }

const recordOf = ({ digest, tool, wanted }: Identified, version: string | null): AttemptRuntime => ({
  kind: wanted.kind,
  digest,
  tool: tool.name,
  version,
})

/** A lock file that cannot be installed stays so; a network that fails is tried again by the engine. */
function endingOf(error: unknown): Ending {
  if (error instanceof EnvironmentsClosed) throw error
  const outcome = error instanceof RuntimeProblem && error.fault === 'config' ? 'config' : 'submit_failed'
  const why = error instanceof Error ? error.message : String(error)
  return { outcome, reason: `Its environment could not be built. ${why}` }
}
