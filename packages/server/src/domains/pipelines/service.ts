import {
  type Firing,
  type ParamValue,
  type Pipeline,
  pipelinesErrors,
  type PipelineSpec,
  type Run,
  type RunState,
  type TriggerReason,
  TriggerSpec,
  whyNotRun,
} from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { z } from 'zod'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import { canonicalJson } from '../../platform/canonical-json.ts'
import { json } from '../../platform/db.ts'
import { failPlatform, failures } from '../../platform/errors.ts'
import type { Subscription } from '../../platform/events.ts'
import type { Job } from '../../platform/jobs.ts'
import { reopen, requestCancel } from './engine/apply.ts'
import { problemOf, type SpecProblem, unusedParam } from './engine/check-spec.ts'
import { createEngine } from './engine/engine.ts'
import { hostId } from './engine/host-id.ts'
import { placeFrom } from './engine/place-file.ts'
import { createJournal } from './engine/journal.ts'
import { createPlans } from './engine/plans.ts'
import type { Handle } from './executors/executor.ts'
import { createExecutors } from './executors/kinds.ts'
import { pipelinesJobs } from './jobs.ts'
import { type LogPage, logPage } from './log-page.ts'
import type { PipelinesDeps } from './needs.ts'
import { iso, presentRuns, specOf } from './present.ts'
import { planRun, storeRun } from './runs.ts'
import { pipelinesStore, type RunRow, type VersionRow } from './store.ts'
import { type FiringRow, triggersStore } from './triggers/store.ts'
import { triggerSubscriptions } from './triggers/triggers.ts'

const fail = failures(pipelinesErrors)

interface Page {
  readonly limit: number
  readonly cursor?: string | undefined
}

interface Paged<T> {
  readonly items: T[]
  readonly nextCursor: string | null
}

export interface Pipelines {
  list(caller: Caller): Promise<Pipeline[]>
  get(caller: Caller, pipeline: string): Promise<Pipeline>
  put(caller: Caller, pipeline: string, spec: PipelineSpec): Promise<Pipeline>
  putTrigger(caller: Caller, target: { pipeline: string; trigger: string }, spec: TriggerSpec): Promise<Pipeline>
  listFirings(caller: Caller, pipeline: string, page: Page): Promise<Paged<z.input<typeof Firing>>>
  startRun(
    caller: Caller,
    pipeline: string,
    request: { params: Record<string, ParamValue>; trigger?: TriggerReason | undefined },
  ): Promise<Run>
  listRuns(
    caller: Caller,
    filter: Page & { pipeline?: string | undefined; state?: RunState | undefined },
  ): Promise<Paged<Run>>
  getRun(caller: Caller, run: string): Promise<Run>
  cancelRun(caller: Caller, run: string, reason: string): Promise<Run>
  retryRun(caller: Caller, run: string): Promise<Run>
  readLog(caller: Caller, target: { run: string; step: string }, offset: number): Promise<LogPage>
  /** Adopts what runs on this host and looks at every open run: after the events have started, before serving. */
  start(): Promise<void>
  /** Lets go of running steps; they go on, and the next start adopts them. */
  stop(): Promise<void>
  readonly subscriptions: readonly Subscription[]
  readonly jobs: readonly Job[]
}

const logLimitBytes = 256 * 1024

export function createPipelines(deps: PipelinesDeps): Pipelines {
  const { db, now } = deps
  const folder = join(deps.folder, 'pipelines')
  const host = hostId(folder)
  const [executor] = createExecutors({ folder: join(folder, 'attempts'), place: placeFrom(deps.blobs) })
  const plans = createPlans()
  const journal = (engine: Parameters<typeof createJournal>[2]) => createJournal(deps, plans, engine)
  const engine = createEngine({ db, blobs: deps.blobs, log: deps.log, now, executor, host, plans, journal })
  const store = pipelinesStore(db)

  async function newest({ projectId }: Caller, pipeline: string): Promise<VersionRow> {
    const version = await store.newestVersion(projectId, pipeline)
    if (!version) throw fail('pipelines.not_found', { pipeline })
    return version
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
      const { projectId, userName } = caller
      const digest = createHash('sha256').update(canonicalJson(spec)).digest('hex')
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
      })
      return read(caller, pipeline)
    },

    async putTrigger(caller, { pipeline, trigger }, spec) {
      refuseStep(caller)
      const { projectId, userId, userName } = caller
      await newest(caller, pipeline)
      await db.transaction().execute(async (tx) => {
        const row = { project_id: projectId, pipeline, name: trigger, spec: json(spec), user_id: userId }
        await triggersStore(tx).putTrigger({ ...row, updated_at: now() })
        const subject = `${pipeline}/${trigger}`
        await audit(tx, { projectId, actor: userName, action: 'pipelines.put_trigger', subject, after: spec })
      })
      return read(caller, pipeline)
    },

    async listFirings(caller, pipeline, { limit, cursor }) {
      await newest(caller, pipeline)
      const rows = await triggersStore(db).listFirings(caller.projectId, pipeline, cursor, limit + 1)
      const page = pageOf(rows, limit)
      return { ...page, items: page.items.map(presentFiring) }
    },

    async startRun(caller, pipeline, { params, trigger }) {
      refuseStep(caller)
      const version = await newest(caller, pipeline)
      refuse(unusedParam(specOf(version), params))
      const planned = await planRun(deps, version, params)
      const reason = trigger ?? { kind: 'request', says: `${caller.userName} asked for it.`, eventTime: null }
      const origin = {
        trigger: reason,
        createdBy: caller.userName,
        userId: caller.userId,
        commit: deps.commit(),
        now: now(),
      }
      return present(caller, await db.transaction().execute((tx) => storeRun(tx, planned, origin)))
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

    async readLog(caller, { run, step }, offset) {
      const steps = await store.stepsOf([(await find(caller, run)).id])
      if (!steps.some(({ key }) => key === step)) throw fail('pipelines.run_not_found', { run: `${run}/${step}` })
      const attempt = await store.newestAttempt(run, step)
      const handle = attempt?.host === host ? (attempt.handle as Handle | null) : null
      const bytes = handle ? await executor.read(handle, 'log', offset, logLimitBytes) : Buffer.alloc(0)
      return logPage(bytes, offset, attempt !== undefined && attempt.ended_at !== null)
    },

    start: () => engine.start(),
    stop: () => engine.stop(),
    subscriptions: triggerSubscriptions(deps),
    jobs: pipelinesJobs(engine),
  }
}

function refuse(problem: SpecProblem | undefined): void {
  if (problem) throw fail('pipelines.spec_invalid', problem, { why: problem.reason })
}

function refuseState(action: Parameters<typeof whyNotRun>[0], run: string, state: RunState): void {
  const reason = whyNotRun(action, state)
  if (reason) throw fail('pipelines.wrong_state', { run, state, reason }, { why: reason })
}

/** A step may end its own run and change nothing else here. */
function refuseStep({ kind, scope, roles }: Caller, run?: string): void {
  if (kind !== 'step' || (run !== undefined && scope === run)) return
  throw failPlatform('auth.not_allowed', { access: 'pipelines:write', roles: [...roles] })
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

const presentFiring = (row: FiringRow): z.input<typeof Firing> => ({
  id: row.id,
  pipeline: row.pipeline,
  trigger: row.trigger,
  kind: row.kind,
  outcome: row.outcome,
  says: row.says,
  eventTime: iso(row.event_time),
  runId: row.run_id,
  firedAt: row.fired_at.toISOString(),
})
