import {
  type Firing,
  type Pipeline,
  type PipelineCosts,
  pipelinesErrors,
  type PipelineSpec,
  type PipelineVersion,
  type Run,
  type RunEnvironment,
  type RunState,
  type Target,
  type TriggerReason,
  TriggerSpec,
  whyNotRun,
  type WrittenTrigger,
} from '@evenkeel/contract'
import { join } from 'node:path'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import { failures } from '../../platform/errors.ts'
import { type Page, type PageRequest, pageOf, positionOf } from '../../platform/page.ts'
import type { Subscription } from '../../platform/events.ts'
import type { Job } from '../../platform/jobs.ts'
import { reopen, requestCancel } from './engine/apply.ts'
import { unknownStep, unusedParam } from './engine/check-spec.ts'
import { removeOldCheckpoints } from './engine/checkpoints.ts'
import { createEngine } from './engine/engine.ts'
import { createRequests } from './approvals/requests.ts'
import { createStepApprovals, type StepApprovals } from './approvals/service.ts'
import { hostId } from './engine/host-id.ts'
import { createJournal } from './engine/journal.ts'
import { expandedPlans } from './engine/expansion-rows.ts'
import { createPlans } from './engine/plans.ts'
import { checkInputsOf } from './engine/quarantine.ts'
import { createLookUp } from './engine/cache/look-up.ts'
import { type Explanation, explainStep } from './explain.ts'
import { previewRun } from './preview.ts'
import { costsOf } from './costs.ts'
import { pipelinesJobs } from './jobs.ts'
import type { LogPage } from './log-page.ts'
import type { PointsQuery } from './metrics-store.ts'
import type { PipelinesDeps } from './needs.ts'
import { presentRuns, specOf } from './present.ts'
import { refuseStep } from './refuse-step.ts'
import { type Backfills, createBackfills } from './backfills/service.ts'
import { versionFor } from './releases/promote.ts'
import { createReleases, type Releases } from './releases/service.ts'
import { createReproductions, type Reproductions } from './reproductions/service.ts'
import { planRun, storeRun, wakeRun } from './runs.ts'
import { createEnvironments } from './runtimes/environments.ts'
import { createRuntimeKinds } from './runtimes/kinds.ts'
import { createRuntimes, type Runtimes } from './runtimes/service.ts'
import { createSecrets, type Secrets } from './secrets/service.ts'
import { unknownSource } from './step-sources/unknown-source.ts'
import { createStepSources, type StepSources } from './step-sources/service.ts'
import { createSlots, type Slots } from './slots.ts'
import { createStepResults, type MetricsPage, type StepTarget } from './step-results.ts'
import { pipelinesStore, type RunRow, type StepRow } from './store.ts'
import { createPlaces } from './targets.ts'
import type { VersionRow } from './version-store.ts'
import { targetOf, whyNoModel } from './target.ts'
import { createTriggers, type Triggers } from './triggers/service.ts'
import { presentVersion, type RunPreview, type RunRequest } from './requests.ts'
import { triggersStore } from './triggers/store.ts'
import { refuse, writeVersion } from './write-version.ts'

const fail = failures(pipelinesErrors)

export interface Pipelines {
  list(caller: Caller): Promise<Pipeline[]>
  get(caller: Caller, pipeline: string): Promise<Pipeline>
  put(caller: Caller, pipeline: string, spec: PipelineSpec): Promise<Pipeline>
  putTrigger(caller: Caller, target: { pipeline: string; trigger: string }, trigger: WrittenTrigger): Promise<Pipeline>
  listFirings(caller: Caller, pipeline: string, page: PageRequest): Promise<Page<Firing>>
  listVersions(caller: Caller, pipeline: string, page: PageRequest): Promise<Page<PipelineVersion>>
  /** What its attempts used in the last days. */
  costs(caller: Caller, pipeline: string, days: number): Promise<PipelineCosts>
  plan(caller: Caller, pipeline: string, request: RunRequest): Promise<RunPreview>
  startRun(
    caller: Caller,
    pipeline: string,
    request: RunRequest & { trigger?: TriggerReason | undefined },
  ): Promise<Run>
  listRuns(
    caller: Caller,
    filter: PageRequest & {
      pipeline?: string | undefined
      state?: RunState | undefined
      environment?: RunEnvironment | undefined
    },
  ): Promise<Page<Run>>
  getRun(caller: Caller, run: string): Promise<Run>
  cancelRun(caller: Caller, run: string, reason: string): Promise<Run>
  retryRun(caller: Caller, run: string): Promise<Run>
  explainStep(caller: Caller, target: StepTarget): Promise<Explanation>
  listTargets(): Promise<Target[]>
  readSummary(caller: Caller, target: StepTarget, which: OfAttempt): Promise<string | null>
  readLog(caller: Caller, target: StepTarget, page: OfAttempt & { offset: number }): Promise<LogPage>
  listMetrics(caller: Caller, target: StepTarget, query: OfAttempt & PointsQuery): Promise<MetricsPage>
  /** Why nothing that a run makes may become a model; null when it may, or when there is no such run. */
  whyNoModel(projectId: string, run: string): Promise<string | null>
  /** Adopts what runs on this host and looks at every open run: after the events have started, before serving. */
  start(): Promise<void>
  /** Lets go of running steps; they go on, and the next start adopts them. */
  stop(): Promise<void>
  readonly slots: Slots
  readonly triggers: Triggers
  readonly backfills: Backfills
  readonly releases: Releases
  readonly reproductions: Reproductions
  readonly secrets: Secrets
  readonly stepSources: StepSources
  readonly runtimes: Runtimes
  readonly approvals: StepApprovals
  readonly subscriptions: readonly Subscription[]
  readonly jobs: readonly Job[]
}

/** The newest attempt when it is left out. */
interface OfAttempt {
  readonly attempt?: number | undefined
}

export function createPipelines(deps: PipelinesDeps): Pipelines {
  const { db, now } = deps
  const folder = join(deps.folder, 'pipelines')
  const host = hostId(folder)
  const places = createPlaces(deps)
  const { executors } = places
  const plans = createPlans()
  const secrets = createSecrets(deps)
  const environments = createEnvironments({
    kinds: createRuntimeKinds(deps.runtimes),
    folder: join(deps.folder, 'runtimes'),
    read: (digest) => deps.blobs.bytes(digest),
    variables: deps.runtimes.variables,
    now,
    log: deps.log,
  })
  const known = expandedPlans(plans)
  const journal = (engine: Parameters<typeof createJournal>[2]) =>
    createJournal({ ...deps, ...places, environments }, { plans: known, secrets }, engine)
  const lookUp = createLookUp(deps, known)
  const checkInputs = checkInputsOf(deps.blobs, join(folder, 'quarantine'))
  const results = createStepResults(deps, { executors, host, secrets })
  const saveRequests = createRequests(results)
  const engine = createEngine({
    ...deps,
    executors,
    host,
    plans,
    lookUp,
    checkInputs,
    saveRequests,
    wake: wakeRun,
    journal,
  })
  const store = pipelinesStore(db)
  const triggers = createTriggers({ ...deps, secrets })
  const backfills = createBackfills(deps, lookUp, (run, says) =>
    engine.advance(run, async ({ run: { state }, states, now }) =>
      whyNotRun('cancel', state) ? states : requestCancel(states, says, now),
    ),
  )
  const releases = createReleases(deps, places.placed)
  const runtimes = createRuntimes({
    environments,
    uses: () => store.runtimeUses(host),
    host,
    limitBytes: deps.runtimes.limitBytes,
    now,
  })

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
  async function planned(caller: Caller, pipeline: string, request: RunRequest) {
    const { params, noCache, priority, environment, scope = null, sample = null, only } = request
    refuse(whyNotScope(environment, scope))
    const of = { projectId: caller.projectId, pipeline }
    const found = await versionOf(caller, pipeline, await versionFor(deps, of, environment, request.version))
    const spec = specOf(found)
    refuse(unusedParam(spec, params) ?? unknownStep(spec, noCache) ?? places.problemOf(spec))
    return planRun(deps, found, params, { noCache, priority, target: { environment, scope, sample }, only })
  }

  async function findStep(caller: Caller, { run, step }: StepTarget): Promise<{ run: RunRow; step: StepRow }> {
    const found = await find(caller, run)
    const steps = await store.stepsOf([found.id])
    const one = steps.find(({ key }) => key === step)
    if (!one) {
      const why = `The run ${found.id} has no step "${step}"; it has ${steps
        .slice(0, 20)
        .map(({ key }) => key)
        .join(', ')}.`
      throw fail('pipelines.run_not_found', { run: `${run}/${step}` }, { why })
    }
    return { run: found, step: one }
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

    async put(caller, pipeline, written) {
      const spec = places.placed(written)
      refuse(places.problemOf(spec))
      refuse(await unknownSource(db, caller.projectId, spec))
      await writeVersion(deps, caller, pipeline, spec)
      return read(caller, pipeline)
    },

    async costs(caller, pipeline, days) {
      await newest(caller, pipeline)
      return costsOf(db, { projectId: caller.projectId, pipeline }, new Date(now().getTime() - days * 86_400_000))
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
      const before = cursor === undefined ? undefined : positionOf(cursor)
      const rows = await store.listVersions(caller.projectId, pipeline, before, limit + 1)
      const { items, nextCursor } = pageOf(rows, limit, ({ version }) => version)
      return { items: items.map(presentVersion), nextCursor }
    },

    async plan(caller, pipeline, request) {
      const { version, target, params, plan } = await planned(caller, pipeline, request)
      const steps = await previewRun(store, lookUp, { projectId: caller.projectId, pipeline, plan, params, target })
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

    async listRuns({ projectId }, { limit, cursor, ...filter }) {
      const rows = await store.listRuns(projectId, { ...filter, before: cursor }, limit + 1)
      const page = pageOf(rows, limit, ({ id }) => id)
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
      return explainStep(store, deps.blobs, known, run, step)
    },

    listTargets: places.list,
    readSummary: async (caller, target, { attempt }) => results.summary((await findStep(caller, target)).step, attempt),
    readLog: async (caller, target, page) => results.log((await findStep(caller, target)).step, page),
    listMetrics: async (caller, target, query) => results.metrics((await findStep(caller, target)).step, query),

    async whyNoModel(projectId, run) {
      const found = await store.findRun(projectId, run)
      return found ? whyNoModel(targetOf(found)) : null
    },

    start: () => engine.start(),
    // Together: what waits for an environment is let go when its building ends.
    stop: async () => void (await Promise.all([engine.stop(), environments.close()])),
    slots: createSlots(deps),
    triggers,
    releases,
    reproductions: createReproductions(deps, places),
    backfills,
    secrets,
    stepSources: createStepSources({ ...deps, secrets }),
    runtimes,
    approvals: createStepApprovals(deps, engine),
    subscriptions: [...triggers.subscriptions, ...backfills.subscriptions],
    jobs: [
      ...pipelinesJobs(engine, () => removeOldCheckpoints(deps, places.folders)),
      ...triggers.jobs,
      ...backfills.jobs,
      ...runtimes.jobs,
      ...releases.requests.jobs,
    ],
  }
}

function whyNotScope(environment: RunEnvironment, scope: string | null) {
  if ((environment === 'ci') === (scope !== null)) return undefined
  const reason = scope === null ? 'A run in ci names what it tries out: "scope".' : 'Only a run in ci has a scope.'
  return { step: null, reason }
}

function refuseState(action: Parameters<typeof whyNotRun>[0], run: string, state: RunState): void {
  const reason = whyNotRun(action, state)
  if (reason) throw fail('pipelines.wrong_state', { run, state, reason }, { why: reason })
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
