import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Postgres, startPostgres } from './postgres.ts'
import { readPostgresSettings } from './postgres-settings.ts'
import { findPostmaster, isAlive } from './postmaster.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-postgres-'))
  // The first start is the slow one.
  await withPostgres(async () => {})
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const dataFolder = () => join(folder, 'postgres/data')

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

async function withPostgres<T>(use: (postgres: Postgres) => Promise<T>): Promise<T> {
  const postgres = await startPostgres({ folder })
  try {
    return await use(postgres)
  } finally {
    await postgres.stop()
  }
}

describe('the embedded PostgreSQL', () => {
  it('is closed to others', async () => {
    await withPostgres(async ({ url }) => {
      const settings = await stat(join(folder, 'postgres.json'))
      const data = await stat(dataFolder())
      const stranger = new URL(url)
      stranger.password = 'guess'

      expect([settings.mode & 0o777, data.mode & 0o777]).toEqual([0o600, 0o700])
      expect(await query(url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
      expect(await query(url, 'show password_encryption')).toEqual([{ password_encryption: 'scram-sha-256' }])
      expect(await query(url, 'show fsync')).toEqual([{ fsync: 'on' }])
      await expect(query(stranger.href, 'select 1')).rejects.toThrow('password authentication failed')
    })
  })

  it('keeps its data, its password and its port from start to start', async () => {
    const first = await withPostgres(async ({ url }) => {
      await query(url, 'create table kept (n int); insert into kept values (7)')
      return url
    })

    await withPostgres(async ({ url }) => {
      expect(url).toBe(first)
      expect(await query(url, 'select n from kept')).toEqual([{ n: 7 }])
    })
  })

  it('moves to another port when its own is taken', async () => {
    const { port } = (await readPostgresSettings(folder))!
    const squatter = createServer().listen(port, '127.0.0.1')
    await once(squatter, 'listening')

    await withPostgres(async ({ url }) => {
      expect(new URL(url).port).not.toBe(String(port))
      expect(await query(url, 'select n from kept')).toEqual([{ n: 7 }])
    })
    squatter.close()
  })

  it('is taken over as it runs by who starts it again', async () => {
    await withPostgres(async ({ url, pid }) => {
      const again = await startPostgres({ folder })

      expect([again.url, again.pid]).toEqual([url, pid])
    })
  })

  it('starts after kill -9, with all that was committed', async () => {
    const killed = await startPostgres({ folder })
    await query(killed.url, 'insert into kept values (8)')
    process.kill(killed.pid, 'SIGKILL')
    await killed.ended()

    await withPostgres(async ({ url, pid }) => {
      expect(pid).not.toBe(killed.pid)
      expect(await query(url, 'select n from kept order by n')).toEqual([{ n: 7 }, { n: 8 }])
    })
  })

  it('starts over the pid file of a dead one whose pid belongs to another program by now', async () => {
    const lines = [process.pid, dataFolder(), 1, 5432, '', '127.0.0.1', '', 'ready']
    await writeFile(join(dataFolder(), 'postmaster.pid'), lines.join('\n'))

    await withPostgres(async ({ pid }) => {
      expect(pid).not.toBe(process.pid)
      expect(await findPostmaster(dataFolder())).toMatchObject({ pid })
    })
  })

  it('says why it does not start, in the words of its log', async () => {
    const file = join(dataFolder(), 'postgresql.auto.conf')
    const before = await readFile(file, 'utf8')
    await writeFile(file, `${before}\nno_such_setting = 1\n`)

    await expect(startPostgres({ folder })).rejects.toThrow(/did not start[^]*no_such_setting/)
    await writeFile(file, before)
  })

  it('does not make a new password for data that has another', async () => {
    const settings = await readFile(join(folder, 'postgres.json'))
    await rm(join(folder, 'postgres.json'))

    await expect(startPostgres({ folder })).rejects.toThrow('postgres.json with its password is missing')
    await writeFile(join(folder, 'postgres.json'), settings, { mode: 0o600 })
  })
})

describe('its process', () => {
  const main = join(import.meta.dirname, '../postgres.ts')
  const children: ChildProcess[] = []
  function start(): ChildProcess {
    const child = spawn(process.execPath, [main, '--folder', folder], { stdio: ['ignore', 'pipe', 'ignore'] })
    children.push(child)
    return child
  }
  // A test that failed must not leave a database behind.
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    const left = await findPostmaster(dataFolder())
    if (left) process.kill(left.pid, 'SIGINT')
  })

  async function announced(child: ChildProcess): Promise<{ url: string; pid: number }> {
    const [line] = (await once(child.stdout!, 'data')) as [Buffer]
    const { pid } = JSON.parse(line.toString()) as { pid: number }
    const { url, password } = (await readPostgresSettings(folder))!
    expect(line.toString()).not.toContain(password)
    return { url, pid }
  }

  it('starts PostgreSQL again when it dies, at the same address, and stops it when it is told to', async () => {
    const child = start()
    const { url, pid } = await announced(child)
    process.kill(pid, 'SIGKILL')

    await expect
      .poll(() => query(url, 'select count(*)::int as n from kept').catch(() => []), { timeout: 30_000 })
      .toEqual([{ n: 2 }])
    const again = (await findPostmaster(dataFolder()))!
    expect(again.pid).not.toBe(pid)
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number]

    expect(code).toBe(0)
    expect(isAlive(again.pid)).toBe(false)
  })

  it('leaves PostgreSQL running when it is killed, and the next one takes it over', async () => {
    const killed = start()
    const { pid } = await announced(killed)
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    await delay(200)
    expect(isAlive(pid)).toBe(true)

    const next = start()
    expect((await announced(next)).pid).toBe(pid)
    next.kill('SIGINT')
    await once(next, 'exit')

    expect(isAlive(pid)).toBe(false)
  })
})
