import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { type Db, openDatabase } from './db.ts'
import { outage } from './outages.ts'
import { readPostgresSettings } from './postgres-settings.ts'

const pauseMs = 25

/**
 * Connects to the database that was configured, or to the PostgreSQL of the data folder. One that is about to start is
 * waited for as long as the configuration says.
 *
 * @throws Error saying what is missing and what to do
 */
export async function findDatabase(
  config: Pick<Config, 'databaseUrl' | 'databaseWaitMs' | 'folder'>,
): Promise<{ readonly url: string; readonly db: Db }> {
  const giveUpAt = Date.now() + config.databaseWaitMs
  for (;;) {
    try {
      // Read anew each time: the next start of PostgreSQL may choose another port.
      const url = await urlOf(config)
      return { url, db: await openDatabase(url) }
    } catch (error) {
      const mayCome = error instanceof NoDatabaseYet || outage(error)?.code === 'platform.unavailable'
      if (!mayCome || Date.now() >= giveUpAt) throw error
      await delay(pauseMs)
    }
  }
}

class NoDatabaseYet extends Error {}

async function urlOf({ databaseUrl: given, folder }: Pick<Config, 'databaseUrl' | 'folder'>): Promise<string> {
  const url = given ?? (await readPostgresSettings(folder))?.url
  if (url !== undefined) return url
  throw new NoDatabaseYet(
    `There is no database yet: ${folder} holds no PostgreSQL that was started, and EVENKEEL_DATABASE_URL is not set. ` +
      'Run "evenkeel up", which starts one, or set EVENKEEL_DATABASE_URL.',
  )
}
