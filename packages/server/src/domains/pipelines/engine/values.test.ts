import { expect, it } from 'vitest'
import { parseValues } from './values.ts'

it('reads lines, blocks and JSON, the last one of a name counting', () => {
  const text = [
    'auc=0.7',
    'says<<END',
    'a=1',
    '',
    'b',
    'END',
    '{"rows": 3, "ok": true, "none": null}',
    'auc=0.8=',
    '',
  ].join('\n')

  expect(parseValues(text)).toEqual({ auc: '0.8=', says: 'a=1\n\nb', rows: '3', ok: 'true', none: 'null' })
})

it.each([
  { text: 'no equals sign', why: 'write key=value' },
  { text: 'open<<END\nx', why: 'does not end' },
  { text: '{"a": [1]}', why: 'plain values' },
  { text: '{"a": ', why: 'plain values' },
  { text: `big=${'x'.repeat(64 * 1024 + 1)}`, why: 'larger than 64 KiB' },
])('refuses $why', ({ text, why }) => {
  expect(() => parseValues(text)).toThrow(why)
})

it('takes a value of exactly 64 KiB', () => {
  expect(parseValues(`big=${'x'.repeat(64 * 1024)}`)['big']).toHaveLength(64 * 1024)
})
