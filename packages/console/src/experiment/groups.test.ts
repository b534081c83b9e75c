import { parseFilter, parseOrderBy, type RunRow, runGrammar } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { choicesOf, filterOfGroup, groupText, labelOf, type RunGroup, rowsOf, sortGroups } from './groups.ts'

const groupOf = (value: string | null, mean: number | null, runs = 1): RunGroup => ({
  value,
  runs,
  metrics: { auc: { count: mean === null ? 0 : runs, mean, min: mean, max: mean, least: 0.1, greatest: 0.9 } },
})

it.each(['adam', "it's", 'a "b" `c`', String.raw`C:\runs\'`, 'ends with \\', "' OR params.x IN ('y", '', 'two\nlines'])(
  'finds the runs of the group %j and no others',
  (value) => {
    const clause = { kind: 'among', entity: 'param', key: 'my key', negated: false, values: [value] }
    const [by] = choicesOf('params', ['my key'])

    expect(parseFilter(filterOfGroup('', by!.value, value), runGrammar)).toEqual(clause)
    expect(parseFilter(filterOfGroup("status = 'x' OR tags.a = 'it'", by!.value, value), runGrammar)).toMatchObject({
      kind: 'and',
      of: [{ kind: 'or' }, clause],
    })
  },
)

it('finds the runs without the key, and calls keys by their names', () => {
  const missing = { kind: 'missing', entity: 'tag', key: 'team', negated: false }

  expect(parseFilter(filterOfGroup('', 'tags.team', null), runGrammar)).toEqual(missing)
  const [odd] = choicesOf('tags', ['a `b` "c"'])
  expect(labelOf(odd!.value)).toBe('a `b` "c"')
  expect(parseOrderBy([odd!.value], runGrammar)).toMatchObject([{ entity: 'tag', key: 'a `b` "c"' }])
  expect([labelOf('status'), labelOf('params.a.b')]).toEqual(['Status', 'a.b'])
})

it('sorts by the mean of a metric or by the key itself, with what is missing last', () => {
  const groups = [groupOf('10', null, 9), groupOf('9', 0.2), groupOf(null, 0.5), groupOf('8', 0.3)]
  const sorted = (order?: string) => sortGroups(groups, order, 'params.lr').map(({ value }) => value)

  expect(sorted()).toEqual(['10', '9', null, '8'])
  expect(sorted('metrics.auc DESC')).toEqual([null, '8', '9', '10'])
  expect(sorted('metrics.auc')).toEqual(['9', '8', null, '10'])
  expect(sorted('params.lr DESC')).toEqual(['10', '9', '8', null])
})

it('says the mean with its range, and the extremes of all that was logged', () => {
  const group = {
    ...groupOf('x', 0.5, 3),
    metrics: { auc: { count: 3, mean: 0.5, min: 0.4, max: 0.6, least: 0.1, greatest: 0.9 } },
  }

  expect(groupText(group, { kind: 'metric', key: 'auc' })).toMatchObject({ text: '0.5', range: '0.4 to 0.6' })
  expect(groupText(group, { kind: 'best-max', key: 'auc' }).text).toBe('0.9')
  expect(groupText(group, { kind: 'min', key: 'auc' }).text).toBe('0.1')
  expect(groupText(groupOf('x', null), { kind: 'metric', key: 'auc' })).toMatchObject({ text: '–', range: '' })
  expect(groupText(group, { kind: 'param', key: 'auc' }).text).toBe('')
})

it('puts the runs of an open group below it, and says when there are more', () => {
  const run = { id: 'r' } as RunRow
  const groups = [groupOf('a', 1), groupOf('b', 1), groupOf(null, 1)]
  const open = new Map([
    ['=a', { runs: [run], more: true, error: null }],
    ['', { runs: undefined, more: false, error: null }],
  ])

  expect(rowsOf(groups, open).map(({ id }) => id)).toEqual([
    'group =a',
    'run r',
    'rest =a',
    'group =b',
    'group ',
    'wait ',
  ])
})
