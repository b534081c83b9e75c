import { describe, expect, it } from 'vitest'
import { createNaming, nameOfUri, runIdOf, stepRunIdOf, uuidOf } from './naming.ts'

const naming = createNaming('ml.example.org')

describe('names', () => {
  it('keep a dataset, a model, a service and an artifact of one name apart', () => {
    const names = [
      naming.dataset('p', 'churn'),
      naming.model('p', 'churn'),
      naming.service('p', 'churn'),
      naming.artifact('p', 'churn', 'train', 'model'),
      naming.job('p', 'churn'),
    ]

    expect(new Set(names.map(({ name }) => name)).size).toBe(5)
    expect(new Set(names.map(({ namespace }) => namespace))).toEqual(new Set(['evenkeel://ml.example.org/p']))
  })

  it.each([
    ['s3://bucket/raw/flights.parquet', 's3://bucket', 'raw/flights.parquet'],
    ['file:///data/flights%202001.csv', 'file', '/data/flights 2001.csv'],
    ['https://example.org/a/b?x=1', 'https://example.org', 'a/b'],
    ['gs://bucket', 'gs://bucket', '/'],
  ])('of %s are those of every other producer', (uri, namespace, name) => {
    expect(nameOfUri(uri)).toEqual({ namespace, name })
  })
})

describe('run ids', () => {
  it('are UUIDs, the same for the same words', () => {
    expect(uuidOf('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(uuidOf('a')).toBe(uuidOf('a'))
    expect(uuidOf('a')).not.toBe(uuidOf('b'))
  })

  it('differ between the tries of a run and the attempts of a step', () => {
    const run = '0190c6a0-0000-7000-8000-000000000001'

    expect(runIdOf(run, 1)).toBe(run)
    expect(
      new Set([runIdOf(run, 2), stepRunIdOf(run, 'a', 0), stepRunIdOf(run, 'a', 1), stepRunIdOf(run, 'b', 1)]).size,
    ).toBe(4)
  })
})
