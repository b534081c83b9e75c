import {
  type Firing,
  type ParamValue,
  type Pipeline,
  pipelinesErrors,
  pipelinesEvents,
  type PipelineSpec,
  type PipelineVersion,
  type PlannedStepView,
  type Run,
  type RunState,
  type TriggerReason,
  TriggerSpec,
  whyNotRun,
  type WrittenTrigger,
} from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import { canonicalJson } from '../../platform/canonical-json.ts'
import { json } from '../../platform/db.ts'
import { failPlatform, failures } from '../../platform/errors.ts'
import { publish, type Subscription } from '../../platform/events.ts'
import type { Job } from '../../platform/jobs.ts'
import { reopen, requestCancel } from './engine/apply.ts'
import { problemOf, type SpecProblem, unknownStep, unusedParam } from './engine/check-spec.ts'
import { createEngine } from './engine/engine.ts'
import { hostId } from './engine/host-id.ts'
import { placeFrom } from './engine/place-file.ts'
import { createJournal } from './engine/journal.ts'
import { createPlans } from './engine/plans.ts'
import { createLookUp } from './engine/cache/look-up.ts'
import { type Explanation, explainStep } from './explain.ts'
import { previewRun } from './preview.ts'
import type { Handle } from './executors/executor.ts'
import { createExecutors } from './executors/kinds.ts'
import { pipelinesJobs } from './jobs.ts'
import { type LogPage, logPage } from './log-page.ts'
import type { PipelinesDeps } from './needs.ts'
import { presentRuns, specOf } from './present.ts'
import { refuseStep } from './refuse-step.ts'
import { planRun, storeRun } from './runs.ts'
import { pipelinesStore, type RunRow, type StepRow } from './store.ts'
import type { VersionRow } from './version-store.ts'
import { createTriggers, type Triggers } from './triggers/service.ts'
import { triggersStore } from './triggers/store.ts'

const fail = failures(pipelinesErrors)

interface Page {
  readonly limit: number
  readonly cursor?: string | undefined
}

interface Paged<T> {
  readonly items: T[]
  readonly nextCursor: string | null
}

interface StepTarget {
  readonly run: string
  readonly step: string
}

interface RunRequest {
  readonly params: Record<string, ParamValue>
  readonly version?: number | undefined
  readonly noCache: boolean | string[]
}

interface RunPreview {
  readonly pipeline: string
  readonly version: number
  readonly steps: PlannedStepView[]
}

export interface Pipelines {
  list(caller: Caller): Promise<Pipeline[]>
  get(caller: Caller, pipeline: string): Promise<Pipeline>
  put(caller: Caller, pipeline: string, spec: PipelineSpec): Promise<Pipeline>
  putTrigger(caller: Caller, target: { pipeline: string; trigger: string }, trigger: WrittenTrigger): Promise<Pipeline>
  listFirings(caller: Caller, pipeline: string, page: Page): Promise<Paged<Firing>>
  listVersions(caller: Caller, pipeline: string, page: Page): Promise<Paged<PipelineVersion>>
  plan(caller: Caller, pipeline: string, request: RunRequest): Promise<RunPreview>
  startRun(
    caller: Caller,
    pipeline: string,
    request: RunRequest & { trigger?: TriggerReason | undefined },
  ): Promise<Run>
  listRuns(
    caller: Caller,
    filter: Page & { pipeline?: string | undefined; state?: RunState | undefined },
  ): Promise<Paged<Run>>
  getRun(caller: Caller, run: string): Promise<Run>
  cancelRun(caller: Caller, run: string, reason: string): Promise<Run>
  retryRun(caller: Caller, run: string): Promise<Run>
  explainStep(caller: Caller, target: StepTarget): Promise<Explanation>
  readSummary(caller: Caller, target: StepTarget): Promise<string | null>
  readLog(caller: Caller, target: StepTarget, offset: number): Promise<LogPage>
  /** Adopts what runs on this host and looks at every open run: after the events have started, before serving. */
  start(): Promise<void>
  /** Lets go of running steps; they go on, and the next start adopts them. */
  stop(): Promise<void>
  readonly triggers: Triggers
  readonly subscriptions: readonly Subscription[]
  readonly jobs: readonly Job[]
}

const logLimitBytes = 256 * 1024
const summaryLimitBytes = 1024 ** 2

export function createPipelines(deps: PipelinesDeps): Pipelines {
  const { db, now } = deps
  const folder = join(deps.folder, 'pipelines')
  const host = hostId(folder)
  const [executor] = createExecutors({ folder: join(folder, 'attempts'), place: placeFrom(deps.blobs) })
  const plans = createPlans()
  const journal = (engine: Parameters<typeof createJournal>[2]) => createJournal(deps, plans, engine)
  const lookUp = createLookUp(deps, plans)
  const engine = createEngine({ db, blobs: deps.blobs, log: deps.log, now, executor, host, plans, lookUp, journal })
  const store = pipelinesStore(db)
  const triggers = createTriggers(deps)

  async function newest({ projectId }: Caller, pipeline: string): Promise<VersionRow> {
    const version = await store.newestVersion(projectId, pipeline)
    if (!version) throw fail('pipelines.not_found', { pipeline })
    return version
  }

  async function versionOf(caller: Caller, pipeline: string, version: number | undefined): Promise<VersionRow> {
    if (version === undefined) return newest(caller, pipeline)
    const found = await store.findVersion(caller.projectId, pipeline, version)
    if (!found) throw fail('pipelines.not_found', { pipeline: `${pipeline}@${version}` })
    return found
  }

  /** @throws DomainError when the request does not suit the pipeline */
  async function planned(caller: Caller, pipeline: string, { params, version, noCache }: RunRequest) {
    const found = await versionOf(caller, pipeline, version)
    const spec = specOf(found)
    refuse(unusedParam(spec, params) ?? unknownStep(spec, noCache))
    return planRun(deps, found, params, noCache)
  }

  async function findStep(caller: Caller, { run, step }: StepTarget): Promise<{ run: RunRow; step: StepRow }> {
    const found = await find(caller, run)
    const steps = await store.stepsOf([found.id])
    const one = steps.find(({ key }) => key === step)
    if (!one) throw fail('pipelines.run_not_found', { run: `${run}/${step}` })
    return { run: found, step: one }
  }

  /** The newest attempt of a step; of the one it took its result over from. What it wrote lies on the host it ran on. */
  async function attemptOf(caller: Caller, target: StepTarget) {
    const { step } = await findStep(caller, target)
    const producer = step.state === 'cached' ? (step.reused as unknown as StepTarget) : target
    const attempt = await store.newestAttempt(producer.run, producer.step)
    return { attempt, handle: attempt?.host === host ? (attempt.handle as Handle | null) : null }
  }

  async function find({ projectId }: Caller, run: string): Promise<RunRow> {
    const found = await store.findRun(projectId, run)
    if (!found) throw fail('pipelines.run_not_found', { run })
    return found
  }

  async function present(caller: Caller, run: string): Promise<Run> {
    const [presented] = await presentRuns(store, [await find(caller, run)])
    return presented!
  }

  async function presentPipelines({ projectId }: Caller, versions: readonly VersionRow[]): Promise<Pipeline[]> {
    const counts = await store.runCounts(projectId)
    const lastRuns = await presentRuns(store, await store.newestRuns(projectId))
    const triggers = await triggersStore(db).triggersOf(projectId)
    return versions.map((version) => ({
      name: version.pipeline,
      version: version.version,
      spec: specOf(version),
      runCount: counts.find(({ pipeline }) => pipeline === version.pipeline)?.count ?? 0,
      lastRun: lastRuns.find(({ pipeline }) => pipeline === version.pipeline) ?? null,
      triggers: triggers
        .filter(({ pipeline }) => pipeline === version.pipeline)
        .map(({ name, spec }) => ({ name, spec: TriggerSpec.parse(spec) })),
    }))
  }

  async function read(caller: Caller, pipeline: string): Promise<Pipeline> {
    const [presented] = await presentPipelines(caller, [await newest(caller, pipeline)])
    return presented!
  }

  return {
    list: async (caller) => presentPipelines(caller, await store.newestVersions(caller.projectId)),
    get: read,

    async put(caller, pipeline, spec) {
      refuseStep(caller)
      refuse(problemOf(spec, (name) => deps.builtinSteps(name) !== undefined))
      refuse(await missingCode(deps.blobs, spec))
      const { projectId, userName } = caller
      // The same content of another commit is no other version.
      const content = canonicalJson({ ...spec, commit: undefined })
      const digest = createHash('sha256').update(content).digest('hex')
      await db.transaction().execute(async (tx) => {
        const versions = pipelinesStore(tx)
        await versions.lockPipeline(projectId, pipeline)
        const before = await versions.newestVersion(projectId, pipeline)
        if (before?.spec_digest === digest) return
        const version = (before?.version ?? 0) + 1
        await versions.addVersion({
          project_id: projectId,
          pipeline,
          version,
          spec: json(spec),
          spec_digest: digest,
          created_by: userName,
          created_at: now(),
        })
        const subject = `${pipeline}@${version}`
        await audit(tx, { projectId, actor: userName, action: 'pipelines.put', subject, after: { digest } })
        await publish(tx, pipelinesEvents, 'pipelines.version_written', {
          projectId,
          subject: pipeline,
          pipeline,
          version,
        })
      })
      return read(caller, pipeline)
    },

    async putTrigger(caller, target, written) {
      await newest(caller, target.pipeline)
      await triggers.put(caller, target, written)
      return read(caller, target.pipeline)
    },

    async listFirings(caller, pipeline, page) {
      await newest(caller, pipeline)
      return triggers.listFirings(caller, { pipeline, ...page })
    },

    async listVersions(caller, pipeline, { limit, cursor }) {
      await newest(caller, pipeline)
      const before = cursor === undefined ? undefined : readVersion(cursor)
      const rows = await store.listVersions(caller.projectId, pipeline, before, limit + 1)
      const items = rows.slice(0, limit)
      return {
        items: items.map(presentVersion),
        nextCursor: rows.length > limit ? String(items.at(-1)!.version) : null,
      }
    },

    async plan(caller, pipeline, request) {
      const { version, params, plan } = await planned(caller, pipeline, request)
      const steps = await previewRun(store, lookUp, { projectId: caller.projectId, pipeline, plan, params })
      return { pipeline, version: version.version, steps }
    },

    async startRun(caller, pipeline, { trigger, ...request }) {
      refuseStep(caller)
      const run = await planned(caller, pipeline, request)
      const reason = trigger ?? { kind: 'request', says: `${caller.userName} asked for it.`, eventTime: null }
      const origin = {
        trigger: reason,
        createdBy: caller.userName,
        userId: caller.userId,
        commit: deps.commit(),
        now: now(),
      }
      return present(caller, await db.transaction().execute((tx) => storeRun(tx, run, origin)))
    },

    async listRuns({ projectId }, { limit, cursor, pipeline, state }) {
      const rows = await store.listRuns(projectId, { pipeline, state, before: cursor }, limit + 1)
      const page = pageOf(rows, limit)
      return { ...page, items: await presentRuns(store, page.items) }
    },

    getRun: present,

    async cancelRun(caller, run, reason) {
      refuseStep(caller, run)
      await find(caller, run)
      const says = `Cancelled by ${caller.userName}${reason ? `: ${reason}` : '.'}`
      await engine.advance(run, async ({ tx, run: { state }, states, now }) => {
        refuseState('cancel', run, state)
        await auditRun(tx, caller, 'pipelines.cancel_run', run, reason)
        return requestCancel(states, says, now)
      })
      return present(caller, run)
    },

    async retryRun(caller, run) {
      refuseStep(caller)
      await find(caller, run)
      await engine.advance(run, async ({ tx, run: { state }, states }) => {
        refuseState('retry', run, state)
        await auditRun(tx, caller, 'pipelines.retry_run', run)
        return reopen(states)
      })
      return present(caller, run)
    },

    async explainStep(caller, target) {
      const { run, step } = await findStep(caller, target)
      return explainStep(store, plans, run, step)
    },

    async readSummary(caller, target) {
      const { handle } = await attemptOf(caller, target)
      const bytes = handle && (await executor.read(handle, 'summary.md', 0, summaryLimitBytes))
      return bytes && bytes.length > 0 ? bytes.toString() : null
    },

    async readLog(caller, target, offset) {
      const { attempt, handle } = await attemptOf(caller, target)
      const bytes = handle ? await executor.read(handle, 'log', offset, logLimitBytes) : Buffer.alloc(0)
      return logPage(bytes, offset, attempt !== undefined && attempt.ended_at !== null)
    },

    start: () => engine.start(),
    stop: () => engine.stop(),
    triggers,
    subscriptions: triggers.subscriptions,
    jobs: [...pipelinesJobs(engine), ...triggers.jobs],
  }
}

function refuse(problem: SpecProblem | undefined): void {
  if (problem) throw fail('pipelines.spec_invalid', problem, { why: problem.reason })
}

function refuseState(action: Parameters<typeof whyNotRun>[0], run: string, state: RunState): void {
  const reason = whyNotRun(action, state)
  if (reason) throw fail('pipelines.wrong_state', { run, state, reason }, { why: reason })
}

/** The first file of code that nobody has stored: its run could never start. */
async function missingCode(blobs: PipelinesDeps['blobs'], { steps }: PipelineSpec): Promise<SpecProblem | undefined> {
  const found = new Set<string>()
  for (const { key, code } of steps) {
    for (const { path, digest } of code ?? []) {
      if (!found.has(digest) && !(await blobs.has(digest)))
        return { step: key, reason: `The file "${path}" (${digest}) is not stored; upload it as an artifact first.` }
      found.add(digest)
    }
  }
  return undefined
}

async function auditRun(
  tx: Parameters<typeof audit>[0],
  { projectId, userName }: Caller,
  action: string,
  subject: string,
  reason?: string,
): Promise<void> {
  await audit(tx, { projectId, actor: userName, action, subject, reason: reason || undefined })
}

/** One row more than asked for tells whether there is another page. */
function pageOf<T extends { readonly id: string }>(rows: readonly T[], limit: number): Paged<T> {
  const items = rows.slice(0, limit)
  return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null }
}

const presentVersion = (row: VersionRow): PipelineVersion => ({
  version: row.version,
  spec: specOf(row),
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
})

function readVersion(cursor: string): number {
  if (/^[1-9]\d{0,8}$/.test(cursor)) return Number(cursor)
  const message = 'It is no cursor of this list; leave it out to start anew.'
  throw failPlatform('http.invalid_request', { issues: [{ path: 'query.cursor', message }] }, { why: message })
}
