import type { CheckResult, DataRule } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDatasets } from './testing.ts'

let server: Awaited<ReturnType<typeof startDatasets>>
beforeAll(async () => {
  server = await startDatasets()
}, 60_000)
afterAll(() => server.world.stop())

/** 1,000 flights between two pairs of airports, 100 and 250 miles apart. */
const flightsWith = ({ distance = 'miles', origin = 'place', delay = 'i', date = 'day' }) => `
  SELECT ${date} AS date, ${delay} AS delay, CAST(${distance} AS DOUBLE) AS distance, ${origin} AS origin, 'LAX' AS destination
  FROM (
    SELECT i, TIMESTAMP '2001-01-01 00:00:00' + INTERVAL (i) MINUTE AS day,
      CASE WHEN i % 2 = 0 THEN 'JFK' ELSE 'SFO' END AS place, CASE WHEN i % 2 = 0 THEN 100 ELSE 250 END AS miles
    FROM range(1000) t(i)
  )`

let datasetCount = 0

/** Adds a first, good version, then another one, and returns what the rule said of it. */
async function check(
  rule: DataRule,
  table: string,
  keyColumns: string[] = [],
): Promise<CheckResult & { state: string }> {
  const dataset = `checked-${datasetCount++}`
  await server.putContract(dataset, { keyColumns, rules: [rule] })
  await server.addParquet(dataset, flightsWith({}))
  const { checks, state } = await server.addParquet(dataset, table)
  expect(checks).toHaveLength(2)
  return { ...checks[1]!, state }
}

it('finds a changed unit, says by which factor, and shows the rows', async () => {
  const rule: DataRule = {
    kind: 'same_as_reference',
    column: 'distance',
    groupBy: ['origin', 'destination'],
    tolerance: 0.01,
    atMost: 0.05,
  }
  const result = await check(rule, flightsWith({ distance: 'miles * 1.609344' }), ['origin'])

  expect(result).toMatchObject({
    state: 'refused',
    status: 'fail',
    rowsConsidered: 1000,
    rowsFailed: 1000,
    observed: 1,
  })
  expect(result.says).toBe(
    '1,000 of 1,000 rows (100 %) have another distance than version 1 has for the same origin and destination ' +
      '(tolerance 1 %); at most 5 % may. Those are 1.60934 times what they were, nearly all of them, as when a unit ' +
      'changes: miles became kilometres.',
  )
  expect(result.failingRows).toHaveLength(20)
  expect(result.failingRows[0]).toEqual({
    origin: 'JFK',
    date: '2001-01-01T00:00:00.000Z',
    destination: 'LAX',
    distance: 160.9344,
    _expected: 100,
  })
})

it('accepts a value that moves within the tolerance, in few enough rows, or in a group that is new', async () => {
  const rule: DataRule = {
    kind: 'same_as_reference',
    column: 'distance',
    groupBy: ['origin'],
    tolerance: 0.01,
    atMost: 0.05,
  }

  const within = await check(rule, flightsWith({ distance: 'miles * 1.009' }))
  const few = await check(rule, flightsWith({ distance: 'CASE WHEN i < 50 THEN 1 ELSE miles END' }))
  const fresh = await check(rule, flightsWith({ origin: `'ORD'`, distance: '7' }))

  expect(within).toMatchObject({ state: 'accepted', status: 'pass', rowsFailed: 0 })
  expect(few).toMatchObject({ state: 'accepted', status: 'pass', rowsFailed: 50, observed: 0.05 })
  expect(fresh).toMatchObject({ state: 'accepted', status: 'not_computable', rowsConsidered: 0, observed: null })
})

it.each<[string, DataRule, string, Partial<CheckResult>]>([
  [
    'missing values',
    { kind: 'null_share', column: 'origin', atMost: 0.01 },
    flightsWith({ origin: 'CASE WHEN i % 20 > 0 THEN place END' }),
    {
      status: 'fail',
      rowsFailed: 50,
      observed: 0.05,
      says: '50 of 1,000 rows (5 %) have no origin; at most 1 % may.',
      failingSql: 'SELECT * FROM data WHERE (true) AND ("origin" IS NULL)',
    },
  ],
  [
    'few enough missing values',
    { kind: 'null_share', column: 'ORIGIN', atMost: 0.05 },
    flightsWith({ origin: 'CASE WHEN i % 20 > 0 THEN place END' }),
    { status: 'pass', rowsFailed: 50 },
  ],
  [
    'numbers outside of a range',
    { kind: 'range', column: 'delay', min: 5, max: 990 },
    flightsWith({ delay: 'CASE WHEN i > 100 THEN i END' }),
    {
      status: 'fail',
      rowsConsidered: 899,
      rowsFailed: 9,
      says: '9 of 899 values of delay (1 %) are not at least 5 and at most 990; they go from 101 to 999.',
    },
  ],
  [
    'NaN in a range',
    { kind: 'range', column: 'distance', min: 0 },
    flightsWith({ distance: `CASE WHEN i = 3 THEN 'nan'::DOUBLE ELSE 1 END` }),
    { status: 'fail', rowsFailed: 1 },
  ],
  [
    'a range of nothing',
    { kind: 'range', column: 'delay', min: 0 },
    flightsWith({ delay: 'NULL::BIGINT' }),
    { status: 'not_computable', says: 'There is no row with a value that the rule could look at.' },
  ],
  [
    'times outside of a range',
    { kind: 'range', column: 'date', max: Date.parse('2001-01-01T16:38:00Z') },
    flightsWith({ origin: `'x'` }),
    { status: 'fail', rowsFailed: 1, expected: 'at most 2001-01-01T16:38:00.000Z' },
  ],
  [
    'too few rows',
    { kind: 'row_count', atLeast: 500 },
    `${flightsWith({})} LIMIT 400`,
    { status: 'fail', observed: 400 },
  ],
  [
    'values that nobody knows',
    { kind: 'known_values', column: 'origin', values: ['JFK', `it's`] },
    flightsWith({}) + ' WHERE i < 10',
    {
      status: 'fail',
      rowsFailed: 5,
      says: '5 of 10 values of origin (50 %) are not among the 2 known ones; 1 different values are new.',
    },
  ],
  [
    'a type that changed',
    { kind: 'column_type', column: 'delay', type: 'number' },
    flightsWith({ delay: `CASE WHEN i = 7 THEN 'n/a' ELSE i::VARCHAR END` }),
    {
      status: 'fail',
      rowsFailed: 1,
      says: 'delay is text (VARCHAR), and a number is expected; 1 of 1,000 values (0.1 %) cannot be read as such.',
    },
  ],
  [
    'a column that went away',
    { kind: 'null_share', column: 'delay', atMost: 1 },
    "SELECT TIMESTAMP '2001-01-01' AS date",
    { status: 'fail', says: 'There is no column "delay"; there are date.' },
  ],
  [
    'an expression that is not true',
    { kind: 'sql', name: 'sane', expression: 'delay < 995 -- minutes', atMost: 0.001 },
    flightsWith({}) + ' WHERE i >= 0',
    { status: 'fail', rowsFailed: 5, observed: 0.005 },
  ],
  [
    'an expression that fails on this table',
    { kind: 'sql', name: 'number', expression: 'CAST(origin AS INTEGER) > 0', atMost: 1 },
    flightsWith({ delay: '1' }),
    { status: 'fail', says: expect.stringContaining('cannot be evaluated') },
  ],
])('judges %s', async (_what, rule, table, expected) => {
  const result = await check(rule, table)

  expect(result).toMatchObject({ ...expected, state: expected.status === 'fail' ? 'refused' : 'accepted' })
  expect(result.failingRows).toHaveLength(Math.min(20, result.rowsFailed))
})

it('refuses a version whose event time is missing or no time stamp, before any other rule', async () => {
  await server.putContract('timeless', { rules: [{ kind: 'row_count', atLeast: 1 }] })

  const missing = await server.addParquet('timeless', 'SELECT 1 AS delay')
  const text = await server.addParquet('timeless', `SELECT 'soon' AS date`)

  for (const version of [missing, text]) {
    expect(version).toMatchObject({ state: 'refused', eventTimeMin: null, eventTimeMax: null })
    expect(version.checks).toMatchObject([
      { id: 'column_type:date', status: 'fail' },
      { id: 'row_count', status: 'pass' },
    ])
  }
})

it('compares with the newest accepted version, and never with a refused one', async () => {
  const rule: DataRule = {
    kind: 'same_as_reference',
    column: 'distance',
    groupBy: ['origin'],
    tolerance: 0.01,
    atMost: 0,
  }
  await server.putContract('chain', { rules: [rule] })

  const first = await server.addParquet('chain', flightsWith({}))
  const wrong = await server.addParquet('chain', flightsWith({ distance: 'miles * 3' }))
  const wrongAgain = await server.addParquet('chain', flightsWith({ distance: 'miles * 3', delay: '1' }))
  const right = await server.addParquet('chain', flightsWith({ delay: '2' }))

  expect([first, wrong, wrongAgain, right].map(({ version, state }) => [version, state])).toEqual([
    [1, 'accepted'],
    [2, 'refused'],
    [3, 'refused'],
    [4, 'accepted'],
  ])
  expect(first.checks[1]).toMatchObject({ status: 'not_computable' })
})

it.each<[string, DataRule | string, string]>([
  ['a column that is not there', { kind: 'null_share', column: 'orgin', atMost: 0 }, 'null_share:orgin'],
  ['a subquery', { kind: 'sql', name: 'sub', expression: '(SELECT true)', atMost: 0 }, 'sql:sub'],
  ['a second statement', { kind: 'sql', name: 'two', expression: 'true); DROP TABLE x; --', atMost: 0 }, 'sql:two'],
  ['a number for a truth value', { kind: 'sql', name: 'n', expression: 'delay + 1', atMost: 0 }, 'sql:n'],
  ['an event time that is text', 'origin', 'eventTimeColumn'],
])('refuses a contract with %s, and keeps the one before', async (_what, wrong, rule) => {
  await server.putContract('fitting', {})
  await server.addParquet('fitting', flightsWith({}))
  const contract = typeof wrong === 'string' ? { eventTimeColumn: wrong } : { rules: [wrong] }

  await expect(server.putContract('fitting', contract)).rejects.toMatchObject({
    status: 422,
    code: 'datasets.contract_invalid',
    details: { rule },
  })
  expect(await server.client.getContract({ params: { dataset: 'fitting' } })).toMatchObject({ contractVersion: 1 })
})

it('keeps the version of a contract that is set again unchanged', async () => {
  const rules: DataRule[] = [{ kind: 'row_count', atLeast: 1 }]

  const first = await server.putContract('again', { rules })
  const same = await server.putContract('again', { rules })
  const other = await server.putContract('again', { rules: [] })

  expect([first, same, other].map(({ contractVersion }) => contractVersion)).toEqual([1, 1, 2])
})

it('judges what it had refused anew once the contract is another', async () => {
  const tooFew: DataRule[] = [{ kind: 'row_count', atLeast: 2000 }]
  const add = () => server.addParquet('second-chance', flightsWith({}))
  await server.putContract('second-chance', { rules: tooFew })

  const refused = [await add(), await add()]
  await server.putContract('second-chance', { rules: [] })
  const accepted = [await add(), await add()]
  await server.putContract('second-chance', { rules: tooFew })
  const still = await add()

  expect(refused).toMatchObject([{ version: 1, state: 'refused' }, { version: 1 }])
  expect(accepted).toMatchObject([{ version: 2, state: 'accepted', contractVersion: 2 }, { version: 2 }])
  expect(still).toEqual(accepted[0])
})
