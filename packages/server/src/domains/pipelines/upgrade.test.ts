import { spawn } from 'node:child_process'
import { randomUUIDv7 } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, expect, inject, it } from 'vitest'
import { migrate, readMigrations } from '../../platform/migrate.ts'
import { externalIdOf } from './engine/external-id.ts'
import { hostId } from './engine/host-id.ts'
import { type PipelinesWorld, startPipelinesWorld } from './testing.ts'

/** The migrations there were before: of each domain up to this number, and no other domain. */
const before: Readonly<Record<string, number>> = {
  platform: 1,
  artifacts: 1,
  datasets: 1,
  deployments: 2,
  features: 2,
  governance: 1,
  monitoring: 1,
  pipelines: 3,
  projects: 1,
  registry: 1,
}

const folder = await mkdtemp(join(tmpdir(), 'evenkeel-upgrade-'))
const databaseName = `upgrade_${randomUUIDv7().replaceAll('-', '')}`
let world: PipelinesWorld | undefined
afterAll(async () => {
  await world?.stop()
  await query(inject('postgresUrl'), `drop database ${databaseName} with (force)`)
  await rm(folder, { recursive: true, force: true })
})

it('loses none of 50 runs that were in flight when the release before was stopped', async () => {
  const url = await oldDatabase()
  const host = hostId(join(folder, 'pipelines'))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`insert into pipelines.pipeline_version values ('default', 'old', 1, $1, 'd', 'ana', now())`, [
    spec,
  ])
  const queued = await times(20, () => addRun(client, 'queued', 'pending'))
  const waiting = await times(20, () => addWaiting(client, host))
  const running = await times(10, () => addRunning(client, host))
  await client.end()

  world = await startPipelinesWorld({ environment: { EVENKEEL_DATABASE_URL: url, EVENKEEL_FOLDER: folder } })
  const ended = await Promise.all([...queued, ...waiting, ...running].map((id) => world!.until(id)))

  expect(ended.map(({ state, reason }) => (state === 'succeeded' ? state : reason))).toEqual(
    ended.map(() => 'succeeded'),
  )
  const attemptsOf = (ids: readonly string[]) =>
    ended.filter(({ id }) => ids.includes(id)).map(({ steps }) => steps[0]!.attempts.length)
  expect(new Set(attemptsOf(running))).toEqual(new Set([1]))
  expect(new Set(attemptsOf(waiting))).toEqual(new Set([2]))
  // Each process that ran went on by itself, and was started once.
  for (const id of running) expect(await readFile(join(homeOf(id), 'control/log'), 'utf8')).toBe('begun\nended\n')
})

async function times(count: number, add: () => Promise<string>): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) ids.push(await add())
  return ids
}

async function oldDatabase(): Promise<string> {
  await query(inject('postgresUrl'), `create database ${databaseName}`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = databaseName
  const old = readMigrations().filter(({ domain, number }) => number <= (before[domain] ?? 0))
  expect(old.length).toBeLessThan(readMigrations().length)
  await migrate(url.href, old)
  return url.href
}

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** A spec and a plan as they were written then. */
const steps = [
  { key: 'work', run: ['/bin/sh', '-c', 'true'], needs: [] },
  { key: 'next', run: ['/bin/sh', '-c', 'true'], needs: ['work'] },
]
const spec = JSON.stringify({ description: '', params: {}, steps })
const plan = JSON.stringify({
  noCache: false,
  maxLiveAttempts: 4,
  steps: steps.map((step) => ({
    ...step,
    uses: null,
    when: 'success',
    allowFailure: false,
    retries: 1,
    retryOn: ['exit', 'timeout', 'signal', 'output_missing'],
    retryDelay: { firstMs: 1000, factor: 2, maxMs: 60_000 },
    params: [],
    inputs: {},
    outputs: [],
    matrix: {},
    env: {},
    code: null,
    cache: true,
    timeoutMs: 60_000,
    graceMs: 1000,
  })),
})

async function addRun(client: pg.Client, state: string, first: string): Promise<string> {
  const id = randomUUIDv7()
  await client.query(
    `insert into pipelines.run (id, project_id, pipeline, version, engine, state, trigger, params, plan, commit, created_by,
       user_id, looked_at, created_at, started_at, wake_at)
     values ($1, 'default', 'old', 1, 1, $2, '{"kind": "request", "says": "ana asked.", "eventTime": null}', '{}', $3,
       'c0ffee', 'ana', 'local', now(), now(), now(), now())`,
    [id, state, plan],
  )
  for (const [at, { key, needs }] of steps.entries()) {
    await client.query(
      `insert into pipelines.step (project_id, run_id, key, position, state, count_from, needs, cache)
       values ('default', $1, $2, $3, $4, 1, $5, $6)`,
      [id, key, at, at === 0 ? first : 'pending', JSON.stringify(needs), at === 0 && first !== 'pending' ? ran : null],
    )
  }
  return id
}

const ran = JSON.stringify({ code: 'off', says: 'It does not list its code.', fromRun: null })

/** The first attempt failed; the second is due. */
async function addWaiting(client: pg.Client, host: string): Promise<string> {
  const id = await addRun(client, 'waiting', 'waiting')
  await addAttempt(client, id, host, { state: 'failed', outcome: 'exit', ended: 'now()' })
  return id
}

/** Its process runs, started by the launcher of then. */
async function addRunning(client: pg.Client, host: string): Promise<string> {
  const id = await addRun(client, 'running', 'running')
  await addAttempt(client, id, host, { state: 'running', outcome: null, ended: 'null' })
  await launch(homeOf(id))
  return id
}

const homeOf = (run: string): string =>
  join(folder, 'pipelines/attempts', externalIdOf(run, { step: 'work', attempt: 1 }))

async function addAttempt(
  client: pg.Client,
  run: string,
  host: string,
  { state, outcome, ended }: { readonly state: string; readonly outcome: string | null; readonly ended: string },
): Promise<void> {
  await client.query(
    `insert into pipelines.attempt (project_id, run_id, step_key, attempt, external_id, executor, host, handle, state,
       outcome, reason, submitted_at, started_at, seen_at, ended_at)
     values ('default', $1, 'work', 1, $2, 'local', $3, $4, $5, $6, 'So it was.', now(), now(), now(), ${ended})`,
    [run, externalIdOf(run, { step: 'work', attempt: 1 }), host, homeOf(run), state, outcome],
  )
}

async function launch(home: string): Promise<void> {
  for (const name of ['control', 'inputs', 'outputs', 'scratch']) await mkdir(join(home, name), { recursive: true })
  await writeFile(join(home, 'control/context.json'), '{}')
  const log = openSync(join(home, 'control/log'), 'a')
  const launcher = join(import.meta.dirname, 'fixtures/launcher-before-targets.sh')
  const script = 'echo begun; sleep 6; echo ended'
  const environment = { PATH: '/usr/bin:/bin', EVENKEEL_EXTERNAL_ID: home.split('/').at(-1)! }
  spawn('/bin/sh', [launcher, home, '/bin/sh', '-c', script], {
    env: environment,
    detached: true,
    stdio: ['ignore', log, log],
  }).unref()
  closeSync(log)
}
