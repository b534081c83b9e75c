import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import type { TestProject } from 'vitest/node'
import { migrate } from './platform/migrate.ts'
import { startPostgres } from './platform/postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The PostgreSQL of this run; `startWorld` makes databases in it. */
    readonly postgresUrl: string
  }
}

/** The database that every test file starts from: migrated, with the queue engine installed. */
export const templateName = 'evenkeel_template'

/** One PostgreSQL for the whole run. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(await place(), 'evenkeel-test-'))
  const postgres = await startPostgres({ folder })
  await makeTemplate(postgres.url)
  provide('postgresUrl', postgres.url)
  return async () => {
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const memoryDisk = '/dev/shm'
const roomBytes = 4 * 1024 ** 3

/**
 * In memory where there is room: each test file makes and drops a database of a thousand files, and what ext4 does to
 * give none of them the number of one that was just deleted takes a sixth of the run.
 */
async function place(): Promise<string> {
  const { bavail, bsize } = await statfs(memoryDisk).catch(() => ({ bavail: 0, bsize: 0 }))
  return Math.min(bavail * bsize, process.availableMemory()) > roomBytes ? memoryDisk : tmpdir()
}

async function makeTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  // A power cut that takes the last commits takes the tests too; what kills PostgreSQL starts one of its own.
  await client.query('alter system set synchronous_commit = off')
  await client.query('select pg_reload_conf()')
  await client.query(`create database ${templateName}`)
  await client.end()

  const template = new URL(url)
  template.pathname = templateName
  await migrate(template.href)
  const boss = new PgBoss({ connectionString: template.href, schedule: false, supervise: false })
  await boss.start()
  await boss.stop({ graceful: false })
}
