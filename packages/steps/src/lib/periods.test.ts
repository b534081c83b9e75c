import { expect, it } from 'vitest'
import { Period, rowsByPeriod } from './periods.ts'
import { openTables } from './tables.ts'

const formats = { month: '%Y-%m', week: '%G-W%V', day: '%Y-%m-%d' }

it.each(Period.options)('gives each hour of nine years the %s that DuckDB gives it', async (period) => {
  const tables = await openTables()
  const hours = `SELECT unnest(generate_series(TIMESTAMP '1967-12-30', TIMESTAMP '1976-01-06', INTERVAL 1 HOUR)) AS hour`
  const expected = await tables.rows(`SELECT strftime(hour, '${formats[period]}') AS period,
    count(*)::INT AS rows, min(epoch_ms(hour))::DOUBLE AS first, max(epoch_ms(hour))::DOUBLE AS last
    FROM (${hours}) GROUP BY 1 ORDER BY 1`)
  const times = await tables.rows(`SELECT epoch_ms(hour)::DOUBLE AS ms FROM (${hours})`)
  tables.close()
  const eventTimes = Float64Array.from(times, ({ ms }) => Number(ms))

  const found = [...rowsByPeriod(eventTimes, period)].map(([name, rows]) => {
    return { period: name, rows: rows.length, first: eventTimes[rows[0]!], last: eventTimes[rows.at(-1)!] }
  })

  expect(found).toEqual(expected)
})

it('takes rows in any order, and leaves periods without rows out', () => {
  const eventTimes = Float64Array.from(
    ['2001-04-30T23:59:59.999Z', '2001-02-01T00:00:00Z', '2001-04-01T00:00:00Z'],
    Date.parse,
  )

  expect([...rowsByPeriod(eventTimes, 'month')]).toEqual([
    ['2001-02', [1]],
    ['2001-04', [0, 2]],
  ])
})
