import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createQueryEngine, type QueryEngine } from './engine.ts'

let home: string
let engine: QueryEngine
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'evenkeel-duckdb-'))
  engine = createQueryEngine({ folder: join(home, 'engine'), folders: [home], memoryLimitMb: 256 })
})
afterAll(async () => {
  await engine.stop()
  await rm(home, { recursive: true, force: true })
})

/** Busy for minutes. */
const endless = 'select sum(a.i * b.i) from range(1000000) a(i), range(1000000) b(i)'

it('answers with plain values', async () => {
  const [row] = await engine.query(`
    select 1::bigint as whole, 9007199254740993::bigint as large, 2.5::decimal(10, 2) as decimal, 0.1 + 0.2e0 as double,
      timestamp '2001-03-04 05:06:07.008' as moment, timestamptz '2001-03-04 05:06:07+02' as zoned, date '2001-03-04' as day,
      [1, 2]::bigint[] as list, {'x': 1::bigint} as struct, null as nothing, true as truth, sum(i)::hugeint as huge
    from range(10) r(i)`)

  expect(row).toEqual({
    whole: 1,
    large: '9007199254740993',
    decimal: 2.5,
    double: 0.1 + 0.2,
    moment: new Date('2001-03-04T05:06:07.008Z'),
    zoned: new Date('2001-03-04T03:06:07Z'),
    day: new Date('2001-03-04T00:00:00Z'),
    list: [1, 2],
    struct: { x: 1 },
    nothing: null,
    truth: true,
    huge: 45,
  })
})

it('binds values as they are', async () => {
  const values = [2 ** 40, -1.5, "it's", true, null, new Date(1234), [1, 2.5], ['a'], 10n ** 30n]
  const columns = values.map((_, index) => `$${index + 1} as v${index}`)

  const [row] = await engine.query<Record<string, unknown>>(`select ${columns.join(', ')}`, values)

  expect(Object.values(row!)).toEqual([
    2 ** 40,
    -1.5,
    "it's",
    true,
    null,
    new Date(1234),
    [1, 2.5],
    ['a'],
    String(10n ** 30n),
  ])
  expect(await engine.query('select $low + $high as sum', { low: 1, high: 2 })).toEqual([{ sum: 3 }])
})

it('writes and reads Parquet, in its folders and nowhere else', async () => {
  const file = join(home, 'numbers.parquet')
  await writeFile(join(home, '../evenkeel-outside.csv'), 'a\n1\n')

  await engine.run(`copy (select i from range(1000) r(i)) to '${file}' (format parquet)`)

  expect(await engine.query(`select count(*) as rows, sum(i) as sum from read_parquet($1)`, [file])).toEqual([
    { rows: 1000, sum: 499_500 },
  ])
  for (const outside of ['/etc/passwd', join(home, '../evenkeel-outside.csv'), `${home}/../evenkeel-outside.csv`]) {
    await expect(engine.query(`select * from read_csv('${outside}')`)).rejects.toThrow('failed')
  }
  await rm(join(home, '../evenkeel-outside.csv'))
})

it.each([
  'set enable_external_access = true',
  'install httpfs',
  'load httpfs',
  `attach '/tmp/x.db'`,
  `set threads = 1`,
])('refuses: %s', async (sql) => {
  await expect(engine.run(sql)).rejects.toMatchObject({ code: 'platform.query_failed' })
})

it('says what is wrong with a query', async () => {
  await expect(engine.query('select nope from range(1)')).rejects.toMatchObject({
    code: 'platform.query_failed',
    status: 422,
    why: expect.stringContaining('nope'),
  })
})

it('refuses more rows than allowed, instead of cutting them', async () => {
  expect(await engine.query('select i from range(5) r(i)', [], { maxRows: 5 })).toHaveLength(5)
  await expect(engine.query('select i from range(6) r(i)', [], { maxRows: 5 })).rejects.toMatchObject({
    code: 'platform.query_too_large',
    details: { maxRows: 5 },
  })
})

it('stops a query that takes too long, and no other', async () => {
  const slow = engine.query(endless, [], { timeoutMs: 300 })
  const other = engine.query<{ n: number }>('select count(*) as n from range(100000000)')

  await expect(slow).rejects.toMatchObject({ code: 'platform.query_timed_out', details: { timeoutMs: 300 } })
  expect(await other).toEqual([{ n: 100_000_000 }])
})

it('fails what was running when DuckDB dies, and goes on', async () => {
  const running = engine.query(endless)
  running.catch(() => {})
  await new Promise((resume) => setTimeout(resume, 400))
  const children = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('duckdb/child.ts') && line.includes(home))
    .map((line) => Number(line.trim().split(/\s+/)[0]))

  expect(children).toHaveLength(1)
  process.kill(children[0]!, 'SIGKILL')

  await expect(running).rejects.toMatchObject({
    code: 'platform.query_failed',
    why: expect.stringContaining('SIGKILL'),
  })
  expect(await engine.query('select 1 as one')).toEqual([{ one: 1 }])
})

it('keeps to its memory', async () => {
  const hungry = 'select list(i) as numbers from range(200000000) r(i)'

  await expect(engine.query(hungry)).rejects.toMatchObject({ why: expect.stringMatching(/memory/i) })
  expect(await engine.query('select 1 as one')).toEqual([{ one: 1 }])
})

it('takes no query after its end', async () => {
  const short = createQueryEngine({ folder: join(home, 'short') })
  await short.query('select 1')

  await short.stop()

  await expect(short.query('select 1')).rejects.toThrow('failed')
})
