import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failPlatform } from '../../platform/errors.ts'
import { experimentNumber } from './experiments.ts'
import { nameTag, pipelineTag, runNotFound } from './run-states.ts'
import { type RunRow, runStore } from './run-store.ts'

/** A step that logs, and the pipeline that it belongs to. */
interface LoggingStep {
  readonly pipeline: string
  readonly step: string
  readonly commit: string
}

export interface StepRunsDeps {
  readonly db: Db
  readonly now: () => Date
  /** The step of a run that logs into this tracking run; undefined when none does. */
  readonly stepBehind: (projectId: string, pipelineRunId: string, runId: string) => Promise<LoggingStep | undefined>
  /** Number of the experiment of that name, which is made when there is none. */
  readonly experimentNamed: (caller: Caller, name: string) => Promise<string>
}

/** Choices of so many runs are remembered; an older one is forgotten, and its experiment is that of the pipeline. */
const mostChoices = 1000

/** What steps of pipelines may do here: their token is theirs for one run of one pipeline. */
export function createStepRuns({ db, now, stepBehind, experimentNamed }: StepRunsDeps) {
  const store = runStore(db)
  /** By run of a pipeline: the experiment that a step named before its run, as `set_experiment` and `start_run` do. */
  const chosen = new Map<string, string>()

  /** The run that a step logs into is made when its token first names it: a step that logs nothing costs nothing. */
  async function findOrMake(caller: Caller, runId: string): Promise<RunRow | undefined> {
    const { projectId, scope } = caller
    const found = await store.find({ projectId, runId })
    const step = found || scope === null ? undefined : await stepBehind(projectId, scope, runId)
    if (!step) return found
    await make(caller, runId, step)
    return store.find({ projectId, runId })
  }

  async function make(caller: Caller, runId: string, { pipeline, step, commit }: LoggingStep): Promise<void> {
    const { projectId, userName, scope } = caller
    const experimentId = experimentNumber(await experimentNamed(caller, chosen.get(scope!) ?? pipeline))
    const run = { runId, name: step, userId: userName, startedMs: now().getTime(), pipelineRunId: scope }
    const tags = { [nameTag]: step, [pipelineTag]: scope!, 'evenkeel.step': step, 'mlflow.source.git.commit': commit }
    const pairs = Object.entries(tags).map(([key, value]) => ({ key, value }))
    // Of two requests at once, one makes it.
    await store.add({ projectId, experimentId }, run, pairs)
  }

  return {
    /** Notes the experiment that a step asks for: clients refuse a run that is not in the one they have chosen. */
    choose({ kind, scope }: Caller, experiment: string): void {
      if (kind !== 'step' || scope === null) return
      chosen.delete(scope)
      chosen.set(scope, experiment)
      if (chosen.size > mostChoices) chosen.delete(chosen.keys().next().value!)
    },

    /**
     * Lets a step read what it likes, and write to runs that steps of its own run made.
     *
     * @throws DomainError `auth.not_allowed`, `tracking.run_not_found`
     */
    async admit(caller: Caller, runId: string, writes: boolean): Promise<void> {
      if (caller.kind !== 'step') return
      const run = await findOrMake(caller, runId)
      if (!writes || (run && run.pipeline_run_id === caller.scope)) return
      if (!run) throw runNotFound(runId)
      const why = `The token belongs to steps of the run ${caller.scope}, and the run ${runId} is not theirs.`
      throw failPlatform('auth.not_allowed', { access: 'tracking:write', roles: [...caller.roles] }, { why })
    },
  }
}
