import { describe, expect, it } from 'vitest'
import { FilterError } from './filter-error.ts'
import { registeredModelGrammar, runGrammar, traceGrammar } from './grammars.ts'
import { parseOrderBy } from './order.ts'

describe('order', () => {
  it.each([
    ['metrics.acc DESC', 'metric', 'acc', true],
    ['metric.`val loss`', 'metric', 'val loss', false],
    ['params."a b" asc', 'param', 'a b', false],
    ['tags.mlflow.user desc', 'tag', 'mlflow.user', true],
    ['start_time', 'attribute', 'start_time', false],
    ['attributes.Created desc', 'attribute', 'start_time', true],
    ['`Run name`', 'attribute', 'run_name', false],
  ])('reads %s', (text, entity, key, descending) => {
    expect(parseOrderBy([text], runGrammar)).toEqual([{ entity, key, descending }])
  })

  it('knows the other searches by their own names', () => {
    expect(parseOrderBy(['timestamp DESC'], registeredModelGrammar)).toEqual([
      { entity: 'attribute', key: 'last_updated_timestamp', descending: true },
    ])
    expect(parseOrderBy(['timestamp DESC', 'request_id'], traceGrammar)).toMatchObject([
      { key: 'timestamp_ms', descending: true },
      { key: 'request_id', descending: false },
    ])
  })

  it.each([
    '',
    'metrics.acc DOWN',
    'metrics.acc desc desc',
    'metrics.acc, start_time',
    'foo.bar',
    'foo',
    "'a'",
    '5',
    'dataset.name',
    'desc',
  ])('refuses %j', (text) => {
    expect(() => parseOrderBy([text], runGrammar)).toThrow(FilterError)
  })

  it('refuses a key that comes twice, under whatever name', () => {
    expect(() => parseOrderBy(['created', 'start_time DESC'], runGrammar)).toThrow(/duplicate fields/)
  })
})
