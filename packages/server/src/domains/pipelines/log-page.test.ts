import { expect, it } from 'vitest'
import { logPage } from './log-page.ts'

it('cuts at a whole character and goes on from there', () => {
  const bytes = Buffer.from('süß 🚀')

  for (let cut = 1; cut < bytes.length; cut++) {
    const first = logPage(bytes.subarray(0, cut), 0, false)
    const rest = logPage(bytes.subarray(first.nextOffset), first.nextOffset, true)
    expect(first.text + rest.text).toBe('süß 🚀')
    expect(rest.nextOffset).toBe(bytes.length)
  }
})

it('does not wait for ever for bytes that are no text', () => {
  expect(logPage(Buffer.from([0xff, 0xc3]), 5, false).nextOffset).toBeGreaterThan(5)
})

it('has ended when the attempt has, and everything was read', () => {
  expect(logPage(Buffer.from('x'), 0, true).ended).toBe(false)
  expect(logPage(Buffer.alloc(0), 1, true)).toEqual({ text: '', nextOffset: 1, ended: true })
  expect(logPage(Buffer.alloc(0), 1, false).ended).toBe(false)
})

it('blanks a token of ours', () => {
  expect(logPage(Buffer.from('with evenkeel_pat_0a1b_9f here'), 0, false).text).toBe(
    'with evenkeel_pat_[redacted] here',
  )
})
