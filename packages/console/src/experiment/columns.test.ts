import { expect, it } from 'vitest'
import { parseFilter, parseOrderBy, runGrammar } from '@evenkeel/contract'
import { columnsOf, columnText, firstColumns, keysOf, sortField, valueText } from './columns.ts'
import { filterOfRuns } from './keys.ts'
import { nextOrder } from './order.ts'

it('reads the columns of an address back as they were written, and leaves out what is none', () => {
  const columns = columnsOf(['metric:a:b', 'min:loss', 'run:user', 'run:nothing', 'metric:', 'odd:x', 'min:loss'])

  expect(columns.map(columnText)).toEqual(['metric:a:b', 'min:loss', 'run:user'])
  expect(keysOf(columns)).toEqual({ metrics: ['a:b', 'loss'], params: [], tags: [] })
})

it('shows metrics of the model before those of the machine', () => {
  const shown = firstColumns(['system/cpu', 'auc', 'loss'], ['lr']).map(columnText)

  expect(shown).toEqual([
    'run:status',
    'run:started',
    'run:duration',
    'metric:auc',
    'metric:loss',
    'metric:system/cpu',
    'param:lr',
    'run:user',
  ])
})

it.each(['auc', 'val loss', 'train/val-loss', 'a.b', 'with `back`', 'with "double" and `back`', 'naïve', 'é ñ'])(
  'sorts by a metric called %s in words that the server reads as that metric',
  (key) => {
    const field = sortField({ kind: 'metric', key })!
    const orders = [nextOrder(undefined, field), nextOrder(`${field} DESC`, field), nextOrder(field, field)]

    expect(orders[2]).toBeUndefined()
    expect(parseOrderBy([orders[0]!], runGrammar)).toEqual([{ entity: 'metric', key, descending: true }])
    expect(parseOrderBy([orders[1]!], runGrammar)).toEqual([{ entity: 'metric', key, descending: false }])
  },
)

it('does not sort by what no search can name', () => {
  expect(sortField({ kind: 'metric', key: '`\'"' })).toBeUndefined()
  expect(sortField({ kind: 'min', key: 'loss' })).toBeUndefined()
  expect(sortField({ kind: 'run', key: 'started' })).toBe('attributes.start_time')
})

it('finds runs by their ids and lets no id say more than that', () => {
  expect(parseFilter(filterOfRuns(['a1', "x') OR tags.a = ('", 'b-2']), runGrammar)).toMatchObject({
    kind: 'among',
    key: 'run_id',
    values: ['a1', 'b-2'],
  })
})

it('shows NaN and infinities as such, and what is missing as a dash', () => {
  const summary = { last: 'NaN', lastStep: 1, lastMs: 1, min: null, max: null, count: 1 } as const
  const run = { metrics: { loss: summary, up: { ...summary, last: 'Infinity' as const } }, params: {}, tags: {} }

  expect(valueText(run, { kind: 'metric', key: 'loss' })).toBe('NaN')
  expect(valueText(run, { kind: 'metric', key: 'up' })).toBe('∞')
  expect(valueText(run, { kind: 'min', key: 'loss' })).toBe('–')
  expect(valueText(run, { kind: 'param', key: 'lr' })).toBe('–')
})
