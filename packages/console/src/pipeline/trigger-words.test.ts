import { TriggerKind, TriggerSpec } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { triggerWords } from './trigger-words.ts'

const SENTENCES = [
  [
    { kind: 'schedule', dataset: 'flights', every: 'month' },
    'Each time the event time of flights passes the end of a month.',
  ],
  [{ kind: 'cron', cron: '0 3 * * 1', timezone: 'Europe/Berlin' }, 'At 0 3 * * 1, in Europe/Berlin.'],
  [{ kind: 'data', dataset: 'flights' }, 'Each new version of flights.'],
  [{ kind: 'data', dataset: 'flights', minNewRows: 1000 }, 'Each new version of flights with 1000 new rows or more.'],
  [{ kind: 'decay', endpoint: 'delays' }, 'When the model behind delays has lost quality.'],
  [{ kind: 'drift', endpoint: 'delays' }, 'When the data of delays drifts.'],
  [{ kind: 'model', model: 'delay', event: 'promoted' }, 'When a version of delay becomes the champion.'],
  [{ kind: 'pipeline', pipeline: 'features', state: 'succeeded' }, 'When a run of features has succeeded.'],
  [{ kind: 'pipeline', pipeline: 'features', state: 'cancelled' }, 'When a run of features has been cancelled.'],
  [{ kind: 'webhook' }, 'A signed request from outside.'],
  [{ kind: 'folder', path: '/data/in', pattern: '*.csv' }, 'New or changed files *.csv in /data/in.'],
  [
    { kind: 'bucket', url: 's3://drop/in?endpoint=https://minio.example.org', pattern: '*.csv' },
    'New or changed objects *.csv in s3://drop/in.',
  ],
  [
    { kind: 'sql', connectionSecret: 'WAREHOUSE_URL', query: 'select 1' },
    'When the answer of the database behind the secret WAREHOUSE_URL changes, asked every 60 s.',
  ],
] as const

it.each(SENTENCES)('says what %o listens to', (on, sentence) => {
  expect(triggerWords(TriggerSpec.parse({ on }).on)).toBe(sentence)
})

it('has a sentence for every kind', () => {
  expect(new Set(SENTENCES.map(([{ kind }]) => kind))).toEqual(new Set(TriggerKind.options))
})

it('says a kind it does not know from its fields, and leaves out what is empty', () => {
  expect(
    triggerWords({
      kind: 'price_change',
      dataset: 'fares',
      minNewRows: 1000,
      debounce: { quietSeconds: 60, note: null },
      days: ['Monday', 'Friday'],
      catchUp: false,
      timezone: '',
    }),
  ).toBe(
    'On price change: dataset fares, min new rows 1000, debounce quiet seconds 60, days Monday and Friday, not catch up.',
  )
  expect(triggerWords({ kind: 'telegram' })).toBe('On telegram.')
})
