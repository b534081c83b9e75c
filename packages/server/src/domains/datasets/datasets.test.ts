import { datasetsEvents, type DatasetVersion } from '@evenkeel/contract'
import { sql } from 'kysely'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { flights, parquetOf, startDatasets } from './testing.ts'

let server: Awaited<ReturnType<typeof startDatasets>>
beforeAll(async () => {
  server = await startDatasets()
}, 60_000)
afterAll(() => server.world.stop())

const someDays = (from: number, until: number) =>
  `SELECT TIMESTAMP '2001-01-01 00:00:00' + INTERVAL (i) DAY AS date, i AS delay, 'JFK' AS origin FROM range(${from}, ${until}) t(i)`

async function storedCounts() {
  const { rows } = await sql<object>`
    select (select count(*) from datasets.version) as versions, (select count(*) from datasets.dataset) as datasets,
      (select count(*) from platform.live_event) + (select count(*) from platform.live_pending) as news`.execute(
    server.world.platform.db,
  )
  const uploads = await readdir(join(server.world.platform.queryFolder, 'uploads')).catch(() => [])
  return { ...rows[0], uploads: uploads.length }
}

it('keeps a Parquet file as it is, with its columns and its span of event time', async () => {
  const file = await parquetOf(someDays(0, 31))

  const version = await server.client.addVersion({ params: { dataset: 'kept' }, fields: { note: 'January' }, file })

  expect(version).toMatchObject({
    dataset: 'kept',
    version: 1,
    state: 'accepted',
    rowCount: 31,
    sizeBytes: file.byteLength,
    columns: [
      { name: 'date', type: 'TIMESTAMP', nullable: true },
      { name: 'delay', type: 'BIGINT', nullable: true },
      { name: 'origin', type: 'VARCHAR', nullable: true },
    ],
    eventTimeMin: '2001-01-01T00:00:00.000Z',
    eventTimeMax: '2001-01-31T00:00:00.000Z',
    note: 'January',
    contractVersion: null,
    checks: [],
    createdBy: 'local',
  })
  expect(await server.world.platform.blobs.bytes(version.files[0]!.digest)).toEqual(Buffer.from(file))
  expect(await server.client.getVersion({ params: { dataset: 'kept', version: 1 } })).toEqual(version)
})

it('turns a CSV file into a table with types, whatever its delimiter and letters', async () => {
  const { client } = server
  const csv = '\uFEFF"Größe";"date";"a ""b"", c"\r\n1,5;2001-02-03 04:05:06;x\r\n;2001-02-03;"y;\nz ❄"\r\n'

  const version = await server.addCsv('csv', csv)
  const { columns } = await client.getProfile({ params: { dataset: 'csv', version: 1 } })

  expect(version.columns.map(({ name, type }) => [name, type])).toEqual([
    ['Größe', 'VARCHAR'],
    ['date', 'TIMESTAMP'],
    ['a "b", c', 'VARCHAR'],
  ])
  expect(version.eventTimeMax).toBe('2001-02-03T04:05:06.000Z')
  expect(columns[0]).toMatchObject({ nullCount: 1, distinctCount: 1, categories: { values: ['1,5'], counts: [1] } })
  expect(columns[2]!.categories!.values).toEqual(['x', 'y;\nz ❄'])
})

it.each([
  ['a row with a column too few', 'csv', 'a,b,c\n1,x,3\n2,y\n3,z,4\n', { line: 3 }],
  ['a row with a column too many', 'csv', `a,b\n${'1,2\n'.repeat(30_000)}1,2,3\n`, { line: 30_002 }],
  ['rows that grow, of which the last looks like a header', 'csv', 'a,b,c\n1,2,3\n4,5\n6,7,8,9\n', { line: 3 }],
  ['a NUL byte', 'csv', 'a,b\n1,2\n1,x\0y\n', { line: 3 }],
  ['bytes that are no UTF-8', 'csv', Buffer.from('a,b\n1,\xff\xfe\n', 'latin1'), { line: 2 }],
  ['two columns of one name', 'csv', 'a,b,A\n1,2,3\n', { line: 1, reason: expect.stringContaining('"A"') }],
  ['a column without a name', 'csv', 'a,,b\n1,2,3\n', { line: 1, reason: 'Column 2 has no name.' }],
  ['text instead of Parquet', 'parquet', 'a,b\n1,2\n', { reason: expect.stringContaining('format=csv') }],
  [
    'a Parquet file that is cut off',
    'parquet',
    Buffer.from('PAR1 and no end'),
    { reason: expect.stringContaining('cut off') },
  ],
  ['a Parquet file of garbage', 'parquet', Buffer.from(`PAR1${'x'.repeat(500)}PAR1`), { reason: expect.any(String) }],
] as const)('refuses %s and stores nothing', async (_what, format, file, details) => {
  const before = await storedCounts()

  const refusal = server.client.addVersion({
    params: { dataset: 'broken' },
    fields: { format },
    file: Buffer.from(file),
  })

  await expect(refusal).rejects.toMatchObject({ status: 422, code: 'datasets.unreadable_file', details })
  expect(await storedCounts()).toEqual(before)
})

it.each([
  ['no bytes', 'csv', ''],
  ['a header and no rows', 'csv', 'a,b\n'],
  ['a Parquet file without rows', 'parquet', await parquetOf('SELECT 1 AS a WHERE false')],
] as const)('refuses %s as empty', async (_what, format, file) => {
  const refusal = server.client.addVersion({
    params: { dataset: 'empty' },
    fields: { format },
    file: Buffer.from(file),
  })

  await expect(refusal).rejects.toMatchObject({ status: 422, code: 'datasets.empty_file' })
  await expect(server.client.listVersions({ params: { dataset: 'empty' }, query: {} })).rejects.toMatchObject({
    status: 404,
  })
})

it('knows content that it has, also when it comes many times at once', async () => {
  const file = await parquetOf(someDays(0, 5))
  const add = () => server.client.addVersion({ params: { dataset: 'same' }, fields: {}, file })

  const answers = await Promise.all(Array.from({ length: 5 }, add))
  const again = await add()

  for (const answer of answers) expect(answer).toEqual(again)
  expect(again.version).toBe(1)
  expect((await server.client.listVersions({ params: { dataset: 'same' }, query: {} })).items).toHaveLength(1)
})

it('numbers versions without gaps, also when they come at once', async () => {
  await server.putContract('numbers', { rules: [{ kind: 'row_count', atLeast: 3 }] })

  const versions = await Promise.all(
    Array.from({ length: 6 }, (_, i) => server.addParquet('numbers', someDays(i * 10, i * 10 + 1 + i))),
  )
  const page = await server.client.listVersions({ params: { dataset: 'numbers' }, query: { limit: 4 } })
  const rest = await server.client.listVersions({ params: { dataset: 'numbers' }, query: { cursor: page.nextCursor! } })

  expect(new Set(versions.map(({ version }) => version))).toEqual(new Set([1, 2, 3, 4, 5, 6]))
  expect(versions.map(({ rowCount, state }) => rowCount >= 3 === (state === 'accepted'))).not.toContain(false)
  expect([...page.items, ...rest.items].map(({ version }) => version)).toEqual([6, 5, 4, 3, 2, 1])
  expect(rest.nextCursor).toBeNull()
})

it('gives the figures that NumPy gives', async () => {
  const { version } = await server.addParquet('figures', `FROM ${flights} WHERE date < '2001-02-01'`)
  const { columns } = await server.client.getProfile({ params: { dataset: 'figures', version } })
  const [date, delay, distance, origin] = columns

  // d = pandas.read_parquet(…).query('date < "2001-02-01"').delay; numpy.quantile, numpy.histogram, std(ddof=1)
  expect(delay).toMatchObject({ rowCount: 508_239, nullCount: 0, distinctCount: 535, categories: null })
  expect(delay!.numeric).toMatchObject({
    min: -80,
    max: 1688,
    quantiles: { '0.01': -32, '0.05': -21, '0.25': -9, '0.5': -1, '0.75': 12, '0.95': 59, '0.99': 130 },
    histogram: {
      edges: [-80, ...Array.from({ length: 19 }, (_, i) => -32 + 9 * i), 1688],
      counts: [
        4873, 13135, 46675, 112867, 133559, 75979, 39979, 23378, 14209, 10052, 7237, 5294, 4161, 3123, 2513, 2099, 1615,
        1255, 1106, 5130,
      ],
    },
  })
  expect(delay!.numeric!.mean).toBeCloseTo(6.338970445007172, 11)
  expect(delay!.numeric!.std).toBeCloseTo(30.91952899233151, 10)
  expect(date).toMatchObject({
    distinctCount: 36_629,
    numeric: { min: Date.parse('2001-01-01T00:01:00Z'), max: Date.parse('2001-01-31T23:57:00Z') },
  })
  expect(distance).toMatchObject({ distinctCount: 1080 })
  expect(origin).toMatchObject({ distinctCount: 223, numeric: null })
  expect(origin!.categories).toMatchObject({ counts: expect.arrayContaining([27_692, 26_815, 21_286]) })
  expect(origin!.categories!.values.slice(0, 3)).toEqual(['ORD', 'DFW', 'ATL'])
  const { counts, otherCount } = origin!.categories!
  expect(counts.reduce((sum, count) => sum + count, otherCount)).toBe(508_239)
})

it('profiles odd columns: nothing but nulls, one value, NaN, nested, NUL in text', async () => {
  const { version } = await server.addParquet(
    'odd',
    `SELECT NULL::INTEGER AS empty, 7 AS same, CASE i WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN 'inf' ELSE i END AS holes,
       [i] AS list, 'a' || chr(0) AS text, i > 1 AS yes, DATE '2001-01-01' + i::INTEGER AS day
     FROM range(5) t(i)`,
  )
  const { columns } = await server.client.getProfile({ params: { dataset: 'odd', version } })
  const [empty, same, holes, list, text, yes, day] = columns

  expect(empty).toMatchObject({ nullCount: 5, distinctCount: 0, numeric: null, categories: null })
  expect(same!.numeric).toMatchObject({ min: 7, max: 7, std: 0, histogram: { edges: [7, 7], counts: [5] } })
  expect(holes).toMatchObject({ nullCount: 0, numeric: { min: 2, max: 4, mean: 3 } })
  expect(holes!.numeric!.histogram.counts.reduce((sum, count) => sum + count)).toBe(3)
  expect(list).toMatchObject({ distinctCount: 5, numeric: null, categories: null })
  expect(text!.categories).toEqual({ values: ['a\u2400'], counts: [5], otherCount: 0 })
  expect(yes!.categories).toEqual({ values: ['true', 'false'], counts: [3, 2], otherCount: 0 })
  expect(day!.numeric).toMatchObject({ quantiles: { '0.5': Date.parse('2001-01-03T00:00:00Z') } })
})

it('hands out accepted versions whose events lie in a span, by event time', async () => {
  await server.putContract('months', { rules: [{ kind: 'range', column: 'delay', max: 1000 }] })
  await server.addParquet('months', someDays(31, 59))
  await server.addParquet('months', someDays(0, 31))
  const refused = await server.addParquet('months', someDays(2000, 2010))

  const covering = (from: string, until: string) => server.datasets.versionsCovering('default', 'months', from, until)
  const numbers = (versions: readonly DatasetVersion[]) => versions.map(({ version }) => version)

  expect(refused).toMatchObject({ version: 3, state: 'refused' })
  expect(numbers(await covering('2001-01-01T00:00:00Z', '2010-01-01T00:00:00Z'))).toEqual([2, 1])
  expect(numbers(await covering('2001-01-31T00:00:00Z', '2001-01-31T12:00:00Z'))).toEqual([2])
  expect(numbers(await covering('2001-01-31T00:00:01Z', '2001-01-31T12:00:00Z'))).toEqual([])
  expect(await server.datasets.eventTimeWatermark('default', 'months')).toBe('2001-02-28T00:00:00.000Z')
  expect((await server.client.list()).items.find(({ name }) => name === 'months')).toEqual({
    name: 'months',
    contractVersion: 1,
    versionCount: 3,
    refusedCount: 1,
    latestVersion: 2,
    eventTimeMax: '2001-02-28T00:00:00.000Z',
    rowCount: 59,
  })
})

it('announces what was accepted and what was refused', async () => {
  await server.putContract('news', { rules: [{ kind: 'row_count', atLeast: 2 }] })
  await server.addParquet('news', someDays(0, 1))
  await server.addParquet('news', someDays(0, 2))

  const { rows } = await sql<{ topic: string }>`
    select topic from platform.live_pending where subject = 'news'
    union all select topic from platform.live_event where subject = 'news'`.execute(server.world.platform.db)

  expect(rows.map(({ topic }) => topic).toSorted()).toEqual(Object.keys(datasetsEvents).toSorted())
})

it('lets a viewer read and not write', async () => {
  const response = await fetch(`${server.world.url}/api/v1/datasets/mine/contract`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${(await server.world.asRole('viewer')).token}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ eventTimeColumn: 'date', rules: [] }),
  })

  expect(response.status).toBe(403)
})
