import { type Insertable, type Selectable, sql } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'
import { approvalsStore } from './approvals/store.ts'
import { cacheStore } from './cache-store.ts'
import { statesStore } from './engine/states-store.ts'
import { hostStore } from './host-store.ts'
import { versionStore } from './version-store.ts'

/** Without its plan, which may be long; see `readPlan`. */
export type RunRow = Omit<Selectable<Database['pipelines.run']>, 'plan'>
/** Without what its result depends on, which may be long; see `cachePartsOf`. */
export type StepRow = Omit<Selectable<Database['pipelines.step']>, 'cache_key' | 'cache_parts'>
export type AttemptRow = Selectable<Database['pipelines.attempt']>
/** Without what it left. */
export type AttemptStateRow = Omit<
  AttemptRow,
  | 'small_values'
  | 'outputs'
  | 'progress'
  | 'metrics'
  | 'project_id'
  | 'executor'
  | 'image'
  | 'runtime'
  | 'cpu_seconds'
  | 'peak_memory_bytes'
  | 'price_per_hour'
  | 'currency'
>

const open = ['queued', 'running', 'waiting'] as const
const runColumns = [
  'id',
  'project_id',
  'pipeline',
  'version',
  'environment',
  'scope',
  'sample',
  'model',
  'engine',
  'state',
  'reason',
  'trigger',
  'params',
  'commit',
  'created_by',
  'user_id',
  'priority',
  'concurrency',
  'deadline_at',
  'cancel_requested_at',
  'cancel_says',
  'wake_at',
  'backfill_id',
  'seed',
  'reproduces',
  'would_register',
  'revision',
  'looked_at',
  'created_at',
  'started_at',
  'ended_at',
] as const satisfies (keyof RunRow)[]
const stepColumns = [
  'project_id',
  'run_id',
  'key',
  'position',
  'state',
  'reason',
  'ready_at',
  'started_at',
  'ended_at',
  'count_from',
  'needs',
  'cache',
  'reused',
  'wants',
] as const satisfies (keyof StepRow)[]
const attemptStateColumns = [
  'run_id',
  'step_key',
  'attempt',
  'external_id',
  'host',
  'handle',
  'state',
  'outcome',
  'exit_code',
  'reason',
  'stop_stage',
  'stop_why',
  'stop_at',
  'submitted_at',
  'started_at',
  'seen_at',
  'ended_at',
  'holds',
  'gpus',
  'heartbeat_at',
] as const satisfies (keyof AttemptStateRow)[]

export interface AttemptId {
  readonly runId: string
  readonly step: string
  readonly attempt: number
}

export const idOf = (attempt: Pick<AttemptRow, 'run_id' | 'step_key' | 'attempt'>): AttemptId => ({
  runId: attempt.run_id,
  step: attempt.step_key,
  attempt: attempt.attempt,
})

/** Every query of runs and attempts, with those of versions, of the cache and of hosts; triggers have a store of their own. */
export function pipelinesStore(db: Db) {
  const tables = db.$pickTables<'pipelines.run' | 'pipelines.step' | 'pipelines.attempt'>()

  return {
    ...versionStore(db),
    ...cacheStore(db),
    ...hostStore(db),
    ...statesStore(db),
    approvalStatesOf: approvalsStore(db).approvalStatesOf,

    /** Until the transaction ends, nobody else writes a version of this pipeline, or decides whether it may run. */
    async lockPipeline(projectId: string, pipeline: string): Promise<void> {
      await sql`select pg_advisory_xact_lock(hashtext('evenkeel.pipeline'), hashtext(${`${projectId}/${pipeline}`}))`.execute(
        db,
      )
    },

    async addRun(
      run: Insertable<Database['pipelines.run']>,
      steps: readonly Insertable<Database['pipelines.step']>[],
    ): Promise<void> {
      await tables.insertInto('pipelines.run').values(run).execute()
      await tables.insertInto('pipelines.step').values(steps).execute()
    },

    findRun(projectId: string, runId: string): Promise<RunRow | undefined> {
      return tables
        .selectFrom('pipelines.run')
        .select(runColumns)
        .where('id', '=', runId)
        .where('project_id', '=', projectId)
        .executeTakeFirst()
    },

    readRun(runId: string): Promise<RunRow | undefined> {
      return tables.selectFrom('pipelines.run').select(runColumns).where('id', '=', runId).executeTakeFirst()
    },

    async readPlan(runId: string): Promise<unknown> {
      const row = await tables
        .selectFrom('pipelines.run')
        .select('plan')
        .where('id', '=', runId)
        .executeTakeFirstOrThrow()
      return row.plan
    },

    /** The first statement of everything that changes the state of a run. */
    lockRun(runId: string): Promise<RunRow | undefined> {
      return tables
        .selectFrom('pipelines.run')
        .select(runColumns)
        .where('id', '=', runId)
        .forUpdate()
        .executeTakeFirst()
    },

    /** In the order of the spec. */
    stepsOf(runIds: readonly string[]): Promise<StepRow[]> {
      return tables
        .selectFrom('pipelines.step')
        .select(stepColumns)
        .where('run_id', 'in', [...runIds])
        .orderBy('run_id')
        .orderBy('position')
        .execute()
    },

    /** Oldest first. */
    attemptsOf(runIds: readonly string[]): Promise<AttemptRow[]> {
      return tables
        .selectFrom('pipelines.attempt')
        .selectAll()
        .where('run_id', 'in', [...runIds])
        .orderBy('run_id')
        .orderBy('attempt')
        .execute()
    },

    attemptsOfSteps(runId: string, steps: readonly string[]): Promise<AttemptRow[]> {
      return tables
        .selectFrom('pipelines.attempt')
        .selectAll()
        .where('run_id', '=', runId)
        .where('step_key', 'in', [...steps])
        .orderBy('attempt')
        .execute()
    },

    /** Oldest first, as `attemptsOf`; what the engine looks at whenever anything happens. */
    attemptStatesOf(runId: string): Promise<AttemptStateRow[]> {
      return tables
        .selectFrom('pipelines.attempt')
        .select(attemptStateColumns)
        .where('run_id', '=', runId)
        .orderBy('attempt')
        .execute()
    },

    async removeSteps(runId: string, keys: readonly string[]): Promise<void> {
      await tables
        .deleteFrom('pipelines.step')
        .where('run_id', '=', runId)
        .where('key', 'in', [...keys])
        .execute()
    },

    /** Gives steps their places in the run, and what they need. */
    async placeSteps(
      runId: string,
      places: readonly { readonly key: string; readonly position: number; readonly needs: readonly string[] }[],
    ): Promise<void> {
      await sql`
        update pipelines.step s set position = p.position, needs = p.needs
        from jsonb_to_recordset(${JSON.stringify(places)}::jsonb) as p(key text, position int, needs jsonb)
        where s.run_id = ${runId} and s.key = p.key`.execute(db)
    },

    /** What the executor tells while an attempt lives; its state is written by the engine. */
    async reportAttempt(
      { runId, step, attempt }: AttemptId,
      report: Partial<Insertable<Database['pipelines.attempt']>>,
    ): Promise<void> {
      await tables
        .updateTable('pipelines.attempt')
        .set(report)
        .where('run_id', '=', runId)
        .where('step_key', '=', step)
        .where('attempt', '=', attempt)
        .execute()
    },

    findAttempt({ runId, step, attempt }: AttemptId): Promise<AttemptRow | undefined> {
      return tables
        .selectFrom('pipelines.attempt')
        .selectAll()
        .where('run_id', '=', runId)
        .where('step_key', '=', step)
        .where('attempt', '=', attempt)
        .executeTakeFirst()
    },

    newestAttempt(runId: string, step: string): Promise<AttemptRow | undefined> {
      return tables
        .selectFrom('pipelines.attempt')
        .selectAll()
        .where('run_id', '=', runId)
        .where('step_key', '=', step)
        .orderBy('attempt', 'desc')
        .limit(1)
        .executeTakeFirst()
    },

    /** Open runs whose alarm is due, or that nobody has looked at since. */
    async runsToLookAt(now: Date, since: Date): Promise<string[]> {
      const rows = await tables
        .selectFrom('pipelines.run')
        .select('id')
        .where('state', 'in', open)
        .where((run) => run.or([run('wake_at', '<=', now), run('looked_at', '<', since)]))
        .execute()
      return rows.map(({ id }) => id)
    },

    /** Of these runs, those that ended well before a moment. */
    async succeededBefore(runIds: readonly string[], before: Date): Promise<string[]> {
      const rows = await tables
        .selectFrom('pipelines.run')
        .select('id')
        .where('id', 'in', [...runIds])
        .where('state', '=', 'succeeded')
        .where('ended_at', '<', before)
        .execute()
      return rows.map(({ id }) => id)
    },

    /** What is part of a backfill, only tries something out or makes it again, stands in nobody's way. */
    openRunOf(projectId: string, pipeline: string): Promise<RunRow | undefined> {
      return tables
        .selectFrom('pipelines.run')
        .select(runColumns)
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .where('state', 'in', open)
        .where('backfill_id', 'is', null)
        .where('scope', 'is', null)
        .where('sample', 'is', null)
        .where('reproduces', 'is', null)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
    },

    /** The newest run whose params contain all of these, and which was no trial. */
    newestRunWith(projectId: string, pipeline: string, params: object): Promise<RunRow | undefined> {
      return tables
        .selectFrom('pipelines.run')
        .select(runColumns)
        .where('project_id', '=', projectId)
        .where('pipeline', '=', pipeline)
        .where(sql<boolean>`params @> ${JSON.stringify(params)}::jsonb`)
        .where('scope', 'is', null)
        .where('sample', 'is', null)
        .where('reproduces', 'is', null)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
    },

    /** Newest first; `before` is the id of the last run of the page before. */
    listRuns(
      projectId: string,
      filter: {
        pipeline?: string | undefined
        state?: RunRow['state'] | undefined
        environment?: RunRow['environment'] | undefined
        before: string | undefined
      },
      limit: number,
    ): Promise<RunRow[]> {
      let query = tables.selectFrom('pipelines.run').select(runColumns).where('project_id', '=', projectId)
      if (filter.pipeline !== undefined) query = query.where('pipeline', '=', filter.pipeline)
      if (filter.state !== undefined) query = query.where('state', '=', filter.state)
      if (filter.environment !== undefined) query = query.where('environment', '=', filter.environment)
      if (filter.before !== undefined) query = query.where('id', '<', filter.before)
      return query.orderBy('id', 'desc').limit(limit).execute()
    },

    /** One of each pipeline, none of a pull request and no reproduction; that of a backfill only where there is no other. */
    newestRuns(projectId: string): Promise<RunRow[]> {
      return tables
        .selectFrom('pipelines.run')
        .distinctOn('pipeline')
        .select(runColumns)
        .where('project_id', '=', projectId)
        .where('scope', 'is', null)
        .where('reproduces', 'is', null)
        .orderBy('pipeline')
        .orderBy(sql`backfill_id is not null`)
        .orderBy('id', 'desc')
        .execute()
    },

    runCounts(projectId: string): Promise<{ pipeline: string; count: number }[]> {
      return tables
        .selectFrom('pipelines.run')
        .select(['pipeline', ({ fn }) => fn.countAll<number>().as('count')])
        .where('project_id', '=', projectId)
        .groupBy('pipeline')
        .execute()
    },
  }
}

export type PipelinesStore = ReturnType<typeof pipelinesStore>
