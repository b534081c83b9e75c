import { type FolderManifest, pipelinesEvents, type TriggerReason } from '@evenkeel/contract'
import { join } from 'node:path'
import { json } from '../../../platform/db.ts'
import { DomainError } from '../../../platform/errors.ts'
import { publish } from '../../../platform/events.ts'
import type { JobSpec } from '../executors/executor.ts'
import { metricsStore } from '../metrics-store.ts'
import type { PipelinesDeps } from '../needs.ts'
import { cutInputs } from '../releases/sample.ts'
import type { Environments } from '../runtimes/environments.ts'
import type { RuntimeFace } from '../runtimes/runtime-kind.ts'
import { type Secrets, SecretUnavailable } from '../secrets/service.ts'
import { type AttemptId, type AttemptRow, idOf, pipelinesStore, type RunRow } from '../store.ts'
import { targetOf } from '../target.ts'
import { type Ending, recordEnd, recordSilence, recordStart, recordSubmitted } from './apply.ts'
import type { Begun, Journal, LastNews } from './attendant.ts'
import type { StoredOutputs } from './cache/parts.ts'
import { checkpointFolder } from './checkpoints.ts'
import type { Engine } from './engine.ts'
import { isFolder, readFolder } from './folders.ts'
import type { Harvest } from './harvest.ts'
import type { Heard, News } from './hearing.ts'
import { jobOf } from './job.ts'
import { maskLeft, maskNews } from './mask-news.ts'
import { outputsOf } from './outputs.ts'
import { type Params, type RunPlan, type RunPlanStep, sourcesOf, stepsByKey } from './plan.ts'
import { createOrigins, type Plans } from './plans.ts'
import type { Progress } from './progress.ts'
import { softwareFor } from './software.ts'
import { outcomeOf } from './outcome.ts'
import { InputChanged } from './quarantine.ts'
import { hasEnded, isLive, type States, type Stop } from './states.ts'

export interface JournalDeps extends PipelinesDeps {
  /** Base URL of this server, as a target sees it. */
  readonly urlFor: (target: string) => string
  /** Where a target and this server both find what outlives an attempt. */
  readonly folderFor: (target: string) => string
  /** What an hour on a target costs; null where nobody has said. */
  readonly priceOf: (target: string) => { readonly perHour: number; readonly currency: string } | null
  readonly environments: Environments
}

/** Writes down what happens to attempts, and makes the jobs for them. */
export function createJournal(
  deps: JournalDeps,
  { plans, secrets }: { readonly plans: Plans; readonly secrets: Secrets },
  { hear }: Pick<Engine, 'hear'>,
): Journal {
  const { db } = deps
  const store = pipelinesStore(db)
  const origins = createOrigins()

  async function withoutSecrets(id: AttemptId, left: Harvest | Error | undefined) {
    const says = left instanceof Error || Object.keys(left?.values ?? {}).length > 0
    if (!says) return left
    const { project_id: projectId } = await origins(store, id.runId)
    return maskLeft(left, await secrets.maskOf(projectId))
  }

  async function end(id: AttemptId, news: News): Promise<void> {
    const run = await hear(id.runId, news)
    // Steps that run at the same time share the scope of the run, so the last one to end closes it.
    if (run && hasEnded(run)) await deps.revokeStepTokens(id.runId)
  }

  async function usedBy(id: AttemptId, { cpuSeconds, peakMemoryBytes }: LastNews['usage']) {
    const price = deps.priceOf(stepOf(await plans(store, id.runId), id.step).runsOn)
    return {
      cpu_seconds: cpuSeconds,
      peak_memory_bytes: peakMemoryBytes,
      price_per_hour: price?.perHour ?? null,
      currency: price?.currency ?? null,
    }
  }

  async function tellProgress(id: AttemptId, progress: Progress): Promise<void> {
    await db.transaction().execute(async (tx) => {
      await pipelinesStore(tx).reportAttempt(id, { progress: json(progress) })
      const run = await pipelinesStore(tx).readRun(id.runId)
      if (run) await publish(tx, pipelinesEvents, 'pipelines.run_changed', newsOf(run))
    })
  }

  return {
    async job(attempt, stopped) {
      const id = idOf(attempt)
      const { runtime } = stepOf(await plans(store, id.runId), id.step)
      const waiting = { stopped, progress: (says: string) => tellProgress(id, { share: 0, says }) }
      const software = runtime && (await softwareFor(deps.environments, store, id, runtime, waiting))
      if (software && 'outcome' in software) return software
      return makeJob(deps, { plans, origins, secrets }, attempt, software)
    },

    async submitted(id, handle) {
      await hear(id.runId, (states) => ({ states: recordSubmitted(states, id), report: { of: id, tells: { handle } } }))
    },

    image: (id, image) => store.reportAttempt(id, { image }),

    async started(id, begun) {
      await hear(id.runId, (states, now) => recordBegun(states, id, begun, now))
    },

    async told(id, news) {
      const run = await store.readRun(id.runId)
      if (!run) return
      const { soFar, points, progress } = maskNews(news, await secrets.maskOf(run.project_id))
      await db.transaction().execute(async (tx) => {
        await metricsStore(tx).addPoints(id, points)
        const report = { metrics: json(soFar), ...(progress && { progress: json(progress) }) }
        await pipelinesStore(tx).reportAttempt(id, report)
        if (progress) await publish(tx, pipelinesEvents, 'pipelines.run_changed', newsOf(run))
      })
    },

    async heartbeatMs(id) {
      return stepOf(await plans(store, id.runId), id.step).heartbeatMs
    },

    async silent(id, silentMs) {
      await hear(id.runId, (states, now) => ({ states: recordSilence(states, id, now - silentMs) }))
    },

    failed: (id, ending) => end(id, (states, now) => ({ states: recordEnd(states, id, ending, now) })),

    async ended(id, { left, ...last }) {
      await store.reportAttempt(id, await usedBy(id, last.usage))
      const clean = await withoutSecrets(id, left)
      await end(id, (states, now) => recordLast(states, id, { ...last, left: clean }, now))
    },

    async outputs(id) {
      return stepOf(await plans(store, id.runId), id.step)
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

function recordBegun(states: States, id: AttemptId, { handle, since }: Begun, now: number): Heard {
  const startedAt = Math.round(now - (performance.now() - since))
  return { states: recordStart(states, id, startedAt), report: { of: id, tells: { handle } } }
}

function recordLast(states: States, id: AttemptId, { begun, seen, left }: LastNews, now: number): Heard {
  const step = states.steps.find(({ key }) => key === id.step)
  const attempt = step?.attempts.find((one) => one.attempt === id.attempt)
  // Told twice, or given up meanwhile: what was written then stays.
  if (!attempt || !isLive(attempt)) return { states }
  // Of one that was over at once nobody may have told the start.
  const before = begun ? recordBegun(states, id, begun, now).states : states
  return {
    states: recordEnd(before, id, endingOf(seen, left, attempt.stop), now),
    report: {
      of: id,
      tells: {
        ...(begun && { handle: begun.handle }),
        ...(seen.state === 'ended' && { exit_code: seen.exitCode }),
      },
      ...(left && !(left instanceof Error) && { left }),
    },
  }
}

function endingOf(seen: LastNews['seen'], left: LastNews['left'], stop: Stop | null): Ending {
  if (left instanceof InputChanged) return { outcome: 'config', reason: left.message }
  return left instanceof Error ? { outcome: 'output_missing', reason: left.message } : outcomeOf(seen, stop)
}

interface Known {
  readonly plans: Plans
  readonly origins: ReturnType<typeof createOrigins>
  readonly secrets: Secrets
}

async function makeJob(
  deps: JournalDeps,
  { plans, origins, secrets }: Known,
  { external_id: externalId, gpus, ...attempt }: AttemptRow,
  software: RuntimeFace | null,
): Promise<JobSpec | Ending> {
  const store = pipelinesStore(deps.db)
  const id = idOf(attempt)
  const run = await origins(store, id.runId)
  const plan = await plans(store, id.runId)
  const step = stepOf(plan, id.step)
  const command = step.uses === null ? step.run : deps.builtinSteps(step.uses)
  if (!command) return { outcome: 'config', reason: unknownStep(step.uses) }
  const values = await secrets.valuesFor(run.project_id, step.secrets).catch(toSecretUnavailable)
  if (values instanceof SecretUnavailable) return { outcome: 'config', reason: values.message }
  const outputs = await outputsOf(store, id.runId, sourcesOf(step.inputs))
  const folders = await foldersOf(deps.blobs, step, outputs)
  if (folders instanceof DomainError) return { outcome: 'input_unavailable', reason: folders.message }
  const facts = {
    projectId: run.project_id,
    runId: run.id,
    pipeline: run.pipeline,
    model: run.model,
    commit: run.commit,
    target: targetOf(run),
    seed: run.seed,
    trigger: run.trigger as TriggerReason,
    params: run.params as Params,
    plan,
  }
  const deadline = deps.now().getTime() + step.timeoutMs
  return jobOf(facts, {
    step,
    attempt: id.attempt,
    gpus: gpus as number[],
    externalId,
    command,
    workFolder: deps.workFolder,
    nodeCache: join(deps.folder, 'pipelines/node-cache'),
    outputs,
    cut: run.sample === null ? new Map() : await cutInputs(deps, step, run.sample),
    folders,
    secrets: values,
    checkpointFolder: await checkpointFolder(deps.folderFor(step.runsOn), run.id, step.key),
    url: deps.urlFor(step.runsOn),
    token: await deps.issueStepToken({
      userId: run.user_id,
      scope: run.id,
      expiresAt: new Date(deadline + step.graceMs),
    }),
    deadline,
    software,
  })
}

/** The lists of files of the inputs that are folders, by digest. */
async function foldersOf(
  blobs: PipelinesDeps['blobs'],
  { inputs }: RunPlanStep,
  outputs: StoredOutputs,
): Promise<ReadonlyMap<string, FolderManifest> | DomainError> {
  const folders = new Map<string, FolderManifest>()
  for (const input of Object.values(inputs)) {
    if (input.from === 'dataset') continue
    for (const step of input.from === 'step' ? [input.step] : input.steps) {
      const stored = outputs.get(`${step}/${input.output}`)!
      if (!isFolder(stored) || folders.has(stored.digest)) continue
      const manifest = await readFolder(blobs, stored.digest).catch(toDomainError)
      if (manifest instanceof DomainError) return manifest
      folders.set(stored.digest, manifest)
    }
  }
  return folders
}

const unknownStep = (uses: string | null): string =>
  `No step "${uses}" ships with this version of Evenkeel; write the pipeline anew with one that does.`

const stepOf = (plan: RunPlan, key: string): RunPlanStep => stepsByKey(plan).get(key)!

/** Anything else is no answer, and comes again. */
function toSecretUnavailable(error: unknown): SecretUnavailable {
  if (error instanceof SecretUnavailable) return error
  throw error
}

function toDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error
  throw error
}
