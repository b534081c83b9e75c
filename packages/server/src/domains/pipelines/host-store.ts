import { type Selectable, sql } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'

type AttemptRow = Selectable<Database['pipelines.attempt']>

const live = ['submitting', 'submitted', 'running'] as const

export interface ClockJump {
  readonly jumpMs: number
  readonly since: Date
  readonly now: Date
}

/** What a host asks and tells about the attempts that run on it. */
export function hostStore(db: Db) {
  const tables = db.$pickTables<'pipelines.run' | 'pipelines.attempt'>()

  return {
    attemptsByExternalId(externalIds: readonly string[]): Promise<AttemptRow[]> {
      return tables
        .selectFrom('pipelines.attempt')
        .selectAll()
        .where('external_id', 'in', [...externalIds])
        .execute()
    },

    /** How many live attempts of a host use which software environment, by its digest. */
    async runtimeUses(host: string): Promise<Map<string, number>> {
      const rows = await tables
        .selectFrom('pipelines.attempt')
        .select(({ fn }) => [sql<string>`runtime ->> 'digest'`.as('digest'), fn.countAll<number>().as('count')])
        .where('host', '=', host)
        .where('state', 'in', live)
        .where('runtime', 'is not', null)
        .groupBy(sql`runtime ->> 'digest'`)
        .execute()
      return new Map(rows.map(({ digest, count }) => [digest, count]))
    },

    /** Tells that a host lives, and learns what was decided about its attempts. By the clock of the database: hosts differ. */
    markSeen(host: string): Promise<AttemptRow[]> {
      return tables
        .updateTable('pipelines.attempt')
        .set({ seen_at: sql<Date>`now()` })
        .where('host', '=', host)
        .where('state', 'in', live)
        .returningAll()
        .execute()
    },

    /** Attempts of other hosts that have given no sign of life for so long, by the clock of the database. */
    abandonedAttempts(host: string, silentMs: number): Promise<AttemptRow[]> {
      return tables
        .selectFrom('pipelines.attempt')
        .selectAll()
        .where('state', 'in', live)
        .where('host', '<>', host)
        .where('seen_at', '<', sql<Date>`now() - make_interval(secs => ${silentMs / 1000})`)
        .execute()
    },

    /** Runs with an attempt that lives on this host, locked in one order until the transaction ends. */
    async lockRunsOn(host: string): Promise<string[]> {
      const attempts = tables.selectFrom('pipelines.attempt').select('run_id')
      const rows = await tables
        .selectFrom('pipelines.run')
        .select('id')
        .where('id', 'in', attempts.where('host', '=', host).where('state', 'in', live))
        .orderBy('id')
        .forUpdate()
        .execute()
      return rows.map(({ id }) => id)
    },

    /**
     * Tells the start of what runs on this host in the time that a clock shows which jumped.
     *
     * @param since - what started after this, and not in the future, started when the clock had jumped already
     */
    async moveStarts(host: string, runIds: readonly string[], { jumpMs, since, now }: ClockJump): Promise<void> {
      await tables
        .updateTable('pipelines.attempt')
        .set({ started_at: sql<Date>`started_at + make_interval(secs => ${jumpMs / 1000})` })
        .where('run_id', 'in', [...runIds])
        .where('host', '=', host)
        .where('state', 'in', live)
        .where((attempt) => attempt.or([attempt('started_at', '<', since), attempt('started_at', '>', now)]))
        .execute()
      await tables
        .updateTable('pipelines.run')
        .set((run) => ({ revision: run('revision', '+', 1) }))
        .where('id', 'in', [...runIds])
        .execute()
    },
  }
}
