import type { DialectAdapter } from 'kysely'
import { fromKysely, PgBoss } from 'pg-boss'
import type { Db } from './db.ts'
import type { Log } from './logging.ts'

/** Which queue engine belongs to which database. A transaction shares the adapter of the connection it came from. */
const bosses = new WeakMap<DialectAdapter, PgBoss>()

/** Starts the queue engine of a database; from then on `publish` and `enqueue` work in its transactions. */
export async function openBoss({ db, url, log }: { db: Db; url: string; log: Log }): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: url,
    application_name: 'evenkeel jobs',
    max: 6,
    useListenNotify: true,
    // We schedule nothing by cron here; periodic jobs are rows of ours.
    schedule: false,
    warningSlowQuerySeconds: 30,
    // A job whose server was killed is noticed by its missing heartbeat, and this often somebody looks.
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
  })
  boss.on('error', (error) => log.warn({ err: error }, 'the job queue has trouble with the database'))
  boss.on('warning', ({ message, data }) => log.warn({ data }, message))
  await boss.start()
  bosses.set(db.getExecutor().adapter, boss)
  return boss
}

/** The queue engine of a transaction, and how to make it write there. */
export function bossOf(tx: Db): { boss: PgBoss; db: ReturnType<typeof fromKysely> } {
  const boss = bosses.get(tx.getExecutor().adapter)
  if (!boss) throw new Error('Events and jobs need the queue engine: open the database with openPlatform or openBoss.')
  return { boss, db: fromKysely(tx) }
}
