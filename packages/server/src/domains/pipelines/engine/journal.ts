import { pipelinesEvents, type TriggerReason } from '@evenkeel/contract'
import { join } from 'node:path'
import { json } from '../../../platform/db.ts'
import { publish } from '../../../platform/events.ts'
import type { Ended, JobSpec } from '../executors/executor.ts'
import type { PipelinesDeps } from '../needs.ts'
import type { Environments } from '../runtimes/environments.ts'
import type { RuntimeFace } from '../runtimes/runtime-kind.ts'
import { type AttemptId, pipelinesStore, type RunRow } from '../store.ts'
import { type Ending, recordEnd, recordStart } from './apply.ts'
import type { Journal } from './attendant.ts'
import type { Engine, Locked } from './engine.ts'
import type { Harvest } from './harvest.ts'
import { jobOf } from './job.ts'
import { outputsOf } from './outputs.ts'
import { type Params, type RunPlan, type RunPlanStep, sourcesOf } from './plan.ts'
import type { Plans } from './plans.ts'
import type { Progress } from './progress.ts'
import { softwareFor } from './software.ts'
import { outcomeOf } from './outcome.ts'
import { hasEnded, isLive, type States, type Stop } from './states.ts'

export interface JournalDeps extends PipelinesDeps {
  readonly environments: Environments
}

/** Writes down what happens to attempts, and makes the jobs for them. */
export function createJournal(deps: JournalDeps, plans: Plans, { advance }: Pick<Engine, 'advance'>): Journal {
  const { db } = deps
  const store = pipelinesStore(db)

  async function tellProgress(id: AttemptId, progress: Progress): Promise<void> {
    await db.transaction().execute(async (tx) => {
      await pipelinesStore(tx).reportAttempt(id, { progress: json(progress) })
      const run = await pipelinesStore(tx).readRun(id.runId)
      if (run) await publish(tx, pipelinesEvents, 'pipelines.run_changed', newsOf(run))
    })
  }

  return {
    async job(id, externalId, stopped) {
      const { runtime } = stepOf(await plans(store, id.runId), id.step)
      const waiting = { stopped, progress: (says: string) => tellProgress(id, { share: 0, says }) }
      const software = runtime && (await softwareFor(deps.environments, store, id, runtime, waiting))
      return software && 'outcome' in software ? software : makeJob(deps, plans, id, externalId, software)
    },

    started: (id, handle) =>
      advance(id.runId, async (locked) => {
        await locked.store.reportAttempt(id, { handle })
        return recordStart(locked.states, id, locked.now)
      }),

    progress: tellProgress,

    failed: (id, ending) => advance(id.runId, async ({ states, now }) => recordEnd(states, id, ending, now)),

    ended: (id, seen, left) => advance(id.runId, (locked) => writeEnd(locked, id, seen, left)),

    async outputs(id) {
      return stepOf(await plans(store, id.runId), id.step).outputs
    },

    async done(id) {
      // Steps that run at the same time share the scope of the run, so the last one to end closes it.
      const run = await store.readRun(id.runId)
      if (run && hasEnded(run)) await deps.revokeStepTokens(id.runId)
    },
  }
}

const newsOf = (run: RunRow) => ({
  projectId: run.project_id,
  subject: run.id,
  runId: run.id,
  pipeline: run.pipeline,
  state: run.state,
})

async function writeEnd(
  { states, store, now }: Locked,
  id: AttemptId,
  seen: Ended,
  left: Harvest | Error | undefined,
): Promise<States> {
  const step = states.steps.find(({ key }) => key === id.step)
  const attempt = step?.attempts.find((one) => one.attempt === id.attempt)
  // Told twice, or given up meanwhile: what was written then stays.
  if (!attempt || !isLive(attempt)) return states
  await store.reportAttempt(id, {
    exit_code: seen.state === 'ended' ? seen.exitCode : null,
    ...(left && !(left instanceof Error) && { small_values: json(left.values), outputs: json(left.outputs) }),
  })
  return recordEnd(states, id, endingOf(seen, left, attempt.stop), now)
}

function endingOf(seen: Ended, left: Harvest | Error | undefined, stop: Stop | null): Ending {
  return left instanceof Error ? { outcome: 'output_missing', reason: left.message } : outcomeOf(seen, stop)
}

async function makeJob(
  deps: PipelinesDeps,
  plans: Plans,
  id: AttemptId,
  externalId: string,
  software: RuntimeFace | null,
): Promise<JobSpec | Ending> {
  const store = pipelinesStore(deps.db)
  const run = (await store.readRun(id.runId))!
  const plan = await plans(store, id.runId)
  const step = stepOf(plan, id.step)
  const command = step.uses === null ? step.run : deps.builtinSteps(step.uses)
  if (!command) return { outcome: 'config', reason: unknownStep(step.uses) }
  const facts = {
    projectId: run.project_id,
    runId: run.id,
    pipeline: run.pipeline,
    model: run.model,
    commit: run.commit,
    trigger: run.trigger as TriggerReason,
    params: run.params as Params,
    plan,
  }
  const deadline = deps.now().getTime() + step.timeoutMs
  return jobOf(facts, {
    step,
    attempt: id.attempt,
    externalId,
    command,
    workFolder: deps.workFolder,
    nodeCache: join(deps.folder, 'pipelines/node-cache'),
    outputs: await outputsOf(store, id.runId, sourcesOf(step.inputs)),
    url: deps.url(),
    token: await deps.issueStepToken({
      userId: run.user_id,
      scope: run.id,
      expiresAt: new Date(deadline + step.graceMs),
    }),
    deadline,
    software,
  })
}

const unknownStep = (uses: string | null): string =>
  `No step "${uses}" ships with this version of Evenkeel; write the pipeline anew with one that does.`

const stepOf = (plan: RunPlan, key: string): RunPlanStep => plan.steps.find((candidate) => candidate.key === key)!
