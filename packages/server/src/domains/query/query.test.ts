import { createClient } from '@evenkeel/client'
import { query } from '@evenkeel/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openDatabase } from '../../platform/db.ts'
import { startWorld, type World } from '../../testing.ts'
import { createMetricJournal } from '../tracking/metric-journal.ts'
import { ask } from './ask.ts'
import { openReader } from './reader.ts'
import { queryRoutes } from './routes.ts'
import { createQueries } from './service.ts'
import { views } from './views.ts'

let world: World
let reader: string
beforeAll(async () => {
  world = await startWorld({
    domains: ({ db, url, log }) => {
      const { settle } = createMetricJournal({ db, log })
      const queries = createQueries({ db, url, queryDatabaseUrl: undefined, timeoutMs: 1500, settle })
      return [{ routes: (app) => queryRoutes(app, queries) }]
    },
  })
  await client().schema({})
  reader = await openReader({ ...world.platform, queryDatabaseUrl: undefined }, 'default')
  await haveModels('default', 'churn', 3)
  await haveModels('other', 'secret', 2)
}, 60_000)
afterAll(() => world.stop())

const client = () => createClient(query, world.clientOptions())
const run = (text: string, limit = 1000) => client().run({ body: { sql: text, limit } })

async function haveModels(project: string, model: string, count: number): Promise<void> {
  const now = new Date('2026-11-22T10:00:00.123Z')
  for (let at = 0; at < count; at++)
    await sql`insert into registry.model (project_id, name, description, owner, created_at)
      values (${project}, ${`${model}-${at}`}, '', 'ana', ${now})`.execute(world.platform.db)
}

it('sees points of metrics that were acknowledged and are not folded yet', async () => {
  await sql`with experiment as (
      insert into tracking.experiment (project_id, experiment_id, name, artifact_location, created_ms, updated_ms)
      values ('default', 0, 'Default', '', 0, 0)
    ), run as (
      insert into tracking.run (project_id, run_id, experiment_id, name, user_id, status, started_ms, artifact_uri)
      values ('default', 'logged', 0, 'r', 'ana', 'RUNNING', 0, '') returning run_number
    ), metric as (
      insert into tracking.metric_key (project_id, key) values ('default', 'auc') returning key_id
    )
    insert into tracking.metric_journal (run_number, point_count, key_ids, steps, timestamps_ms, values)
    select run_number, 1, array[key_id], '{3}', '{0}', '{0.5}' from run, metric`.execute(world.platform.db)

  const { rows } = await run(`select m.last_value, h.step from metrics m join metric_history h using (run_id, name)`)

  expect(rows).toEqual([[0.5, 3]])
})

/** What the role itself may do, whatever the check of the text would say. */
const limits = { rows: 1000, bytes: 1_000_000, timeoutMs: 1500 }
const asReader = (text: string, signal = new AbortController().signal) => ask(reader, text, limits, signal)

it('answers with columns and cells as JSON can hold them', async () => {
  const { columns, rows, truncated } = await run(
    `select model, created_at, 9007199254740993 as big, 0.1 + 0.2 as sum, 'NaN'::float8 as nan, null as none,
      '{"a":[1]}'::jsonb as doc, true as yes from models order by model limit 1`,
  )

  expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'model text',
    'created_at timestamptz',
    'big int8',
    'sum numeric',
    'nan float8',
    'none text',
    'doc jsonb',
    'yes bool',
  ])
  expect(rows).toEqual([
    ['churn-0', '2026-11-22T10:00:00.123Z', '9007199254740993', 0.3, 'NaN', null, { a: [1] }, true],
  ])
  expect(truncated).toBeNull()
})

it('can read every view that it lists, each with its types', async () => {
  const { items } = await client().schema({})

  expect(items.map(({ name }) => name)).toEqual(views.map(({ name }) => name))
  expect(items.flatMap(({ columns }) => columns).every(({ type }) => typeof type === 'string')).toBe(true)
  for (const { name } of items) expect((await run(`select * from ${name}`)).truncated).toBeNull()
})

it('shows the rows of the project, and no condition finds others', async () => {
  expect((await run('select model from models order by 1')).rows).toEqual([['churn-0'], ['churn-1'], ['churn-2']])
  // Without a barrier the error would tell of rows that the view leaves out.
  const probe = `select model from models where 1 / (case when model like 'secret%' then 0 else 1 end) = 1`
  expect((await run(probe)).rows).toHaveLength(3)
  const moved = asReader(
    `select model, set_config('role', 'none', true), set_config('evenkeel.project', 'other', true) from models`,
  )
  expect((await moved).rows).toHaveLength(3)
})

it('has a role of its own for each project', async () => {
  const other = await openReader({ ...world.platform, queryDatabaseUrl: undefined }, 'other')
  const found = await ask(other, 'select model from models order by 1', limits, new AbortController().signal)

  expect(found.rows).toEqual([['secret-0'], ['secret-1']])
})

const mightiest = '(select rolname::text from pg_roles where rolsuper limit 1)'

describe('the role can', () => {
  it.each([
    ['read no table', 'select * from registry.model', 'permission denied'],
    ['read no tokens', 'select * from projects.token', 'permission denied'],
    ['read no password', 'select * from query.reader', 'permission denied'],
    ['read no catalog of passwords', 'select * from pg_authid', 'permission denied'],
    ['read no files', `select pg_read_file('/etc/passwd')`, 'permission denied'],
    ['list no folders', `select pg_ls_dir('.')`, 'permission denied'],
    ['take no other role', `select set_config('role', ${mightiest}, true)`, 'permission denied'],
    ['take no other session', `select set_config('session_authorization', ${mightiest}, true)`, 'permission denied'],
    [
      'put on no role to read by',
      `select set_config('role', 'none', true), query_to_xml('select * from projects.token', true, true, '')`,
      'permission denied',
    ],
    ['import no file', `select lo_import('/etc/passwd')`, 'permission denied'],
    ['write no large object', `select lo_from_bytea(0, 'x')`, 'read-only'],
    ['change no view', 'with x as (delete from models returning 1) select * from x', ''],
    ['lock no row', 'select * from models for update', ''],
    ['make no table', 'select 1 into copied', ''],
    [
      'end no one else',
      'select pg_terminate_backend(pid) from pg_stat_activity where usename <> session_user',
      'permission denied',
    ],
    ['not leave the transaction', 'select 1; commit', 'cannot insert multiple commands'],
    ['not copy', 'copy models to stdout', 'syntax error'],
    ['not use what is no extension', `select dblink('x', 'y')`, 'does not exist'],
  ])('%s', async (_, text, reason) => {
    const refusal = await asReader(text).catch((error: unknown) => error)

    expect(refusal).toMatchObject({ code: 'query.failed', details: { reason: expect.stringContaining(reason) } })
  })

  it('not wait for longer than the limit', async () => {
    await expect(asReader('select pg_sleep(60)')).rejects.toMatchObject({ code: 'query.timed_out' })
    await expect(run('select count(*) from generate_series(1, 1000000000000) x')).rejects.toMatchObject({
      status: 422,
      code: 'query.timed_out',
      details: { limitMs: 1500 },
    })
  })
})

it('refuses before the database sees it, and says what and where otherwise', async () => {
  await expect(run('select 1; select 2')).rejects.toMatchObject({ status: 422, code: 'query.refused' })
  await expect(run('select modell from models')).rejects.toMatchObject({
    code: 'query.failed',
    why: expect.stringMatching(/^column "modell" does not exist.*, at character 8\.$/),
    details: { position: 8 },
  })
})

it('stops at the limit of rows, and at that of bytes', async () => {
  const few = await run('select x from generate_series(1, 50) x', 7)
  const many = await run(`select md5(x::text) || md5(x::text) from generate_series(1, 1000000) x`, 10_000)
  const wide = ask(
    reader,
    `select string_agg(md5(x::text), '') from generate_series(1, 100000) x`,
    { ...limits, bytes: 100_000, timeoutMs: 30_000 },
    new AbortController().signal,
  )

  expect([few.rows.length, few.truncated]).toEqual([7, 'rows'])
  expect([many.rows.length, many.truncated]).toEqual([10_000, 'rows'])
  await expect(wide).rejects.toMatchObject({
    code: 'query.failed',
    why: expect.stringContaining('more than 100000 bytes'),
  })
  const pages = await ask(
    reader,
    'select md5(x::text) from generate_series(1, 1000) x',
    { ...limits, bytes: 30_000 },
    new AbortController().signal,
  )
  expect(pages.truncated).toBe('bytes')
  expect(pages.rows.length).toBeGreaterThan(100)
})

it('ends the query when the client goes away', async () => {
  const leaving = new AbortController()
  const busy = async () =>
    (
      await sql<{ pid: number }>`select pid from pg_stat_activity where application_name = 'evenkeel query'
      and datname = current_database() and query ilike '%from answer%' and state = 'active'`.execute(world.platform.db)
    ).rows.length
  const asked = ask(
    reader,
    'select count(*) from generate_series(1, 1000000000000) x',
    { ...limits, timeoutMs: 60_000 },
    leaving.signal,
  ).catch(() => 'left')
  await vi.waitUntil(async () => (await busy()) === 1, 30_000)
  leaving.abort()

  expect(await asked).toBe('left')
  await vi.waitUntil(async () => (await busy()) === 0, 30_000)
})

it('passes on that the client of the request went away', async () => {
  const leaving = new AbortController()
  const body = JSON.stringify({ sql: 'select count(*) from generate_series(1, 1000000000000) x' })
  const asked = fetch(`${world.url}/api/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: leaving.signal,
  }).catch(() => 'left')
  const interrupted = async () => (await audited()).some(({ after }) => after['failed'] === 'interrupted')
  setTimeout(() => leaving.abort(), 300)

  expect(await asked).toBe('left')
  await vi.waitUntil(interrupted, 30_000)
})

const audited = async () =>
  (
    await sql<{ actor: string; after: Record<string, unknown> }>`
    select actor, after from platform.audit_entry where action = 'query.run' order by position`.execute(
      world.platform.db,
    )
  ).rows

it('writes down who asked what, also what was refused', async () => {
  await run('select 1 as audited')
  await run('delete from models').catch(() => undefined)

  const entries = await audited()
  expect(entries.slice(-2)).toMatchObject([
    { actor: 'local', after: { sql: 'select 1 as audited', rowCount: 1 } },
    { actor: 'local', after: { sql: 'delete from models', failed: 'query.refused' } },
  ])
})

it('is open to who may read everything, and to no step', async () => {
  const viewer = createClient(query, await world.asRole('viewer'))
  expect((await viewer.run({ body: { sql: 'select 1' } })).rows).toEqual([[1]])
  const token = await world.projects.issueStepToken({
    userId: 'local',
    scope: 'r',
    expiresAt: new Date(Date.now() + 60_000),
  })
  const step = createClient(query, { baseUrl: world.url, token })
  await expect(step.run({ body: { sql: 'select 1' } })).rejects.toMatchObject({ status: 403 })
})

describe('on a database where the server may make no roles', () => {
  const named = (name: string) => {
    const url = new URL(world.platform.url)
    url.username = name
    url.password = 'x'
    return url.href
  }
  const admin = (text: string) => sql.raw(text).execute(world.platform.db)

  it('takes a role that somebody made, and only one that may do nothing else', async () => {
    const suffix = process.pid
    await admin(`create role taken_${suffix} login password 'x'`)
    await admin(`create role mighty_${suffix} login password 'x'`)
    await admin(
      `grant usage on schema registry to mighty_${suffix}; grant select on registry.model to mighty_${suffix}`,
    )
    const open = (name: string, project: string) =>
      openReader({ ...world.platform, queryDatabaseUrl: named(name) }, project)
    try {
      const url = await open(`taken_${suffix}`, 'third')
      expect((await ask(url, 'select * from models', limits, new AbortController().signal)).rows).toEqual([])
      await expect(open(`taken_${suffix}`, 'fourth')).rejects.toMatchObject({ code: 'query.not_available' })
      await expect(open(`mighty_${suffix}`, 'fifth')).rejects.toMatchObject({
        details: {
          reason: expect.stringContaining('may do more than read the views: it may read or write registry.model'),
        },
      })
      await expect(open('nobody', 'sixth')).rejects.toMatchObject({ code: 'query.not_available' })
    } finally {
      for (const role of ['taken', 'mighty'])
        await admin(`drop owned by ${role}_${suffix}; drop role ${role}_${suffix}`)
    }
  })

  it('says so when there is none', async () => {
    const owner = `owner_${process.pid}`
    await admin(`create role ${owner} login password 'x'`)
    await admin(`grant usage on schema query to ${owner}; grant all on query.reader to ${owner}`)
    const db = await openDatabase(named(owner))
    const refusal = openReader({ db, url: named(owner), queryDatabaseUrl: undefined }, 'seventh')
    await expect(refusal).rejects.toMatchObject({
      code: 'query.not_available',
      why: expect.stringContaining('cannot make a role for queries: permission denied to create role'),
    })
    await db.destroy()
    await admin(`drop owned by ${owner}; drop role ${owner}`)
  })
})
