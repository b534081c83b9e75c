import { describe, expect, it } from 'vitest'
import { type LogSource, readLogPage } from './log-page.ts'
import { createMask } from './secrets/mask.ts'

const source = (bytes: Buffer, more: Partial<LogSource> = {}): LogSource => ({
  read: async (offset, limit) => bytes.subarray(offset, offset + limit),
  cut: undefined,
  isOver: true,
  mask: createMask([]),
  ...more,
})

/** All of a log, page by page. */
async function readAll(log: LogSource): Promise<string> {
  let text = ''
  for (let offset = 0; ;) {
    const page = await readLogPage(log, offset)
    text += page.text
    if (page.ended) return text
    if (page.nextOffset === offset) throw new Error('The reader does not move.')
    offset = page.nextOffset
  }
}

it('cuts at a whole character and goes on from there', async () => {
  const text = 'süß 🚀'.repeat(60_000)

  for (const shift of ['', 'x', 'xx', 'xxx', 'xxxx']) {
    expect(await readAll(source(Buffer.from(shift + text)))).toBe(shift + text)
  }
})

it('reads what is no text, and NUL, without a stop', async () => {
  const bytes = Buffer.from([0x61, 0, 0xff, 0xfe, 0xc3])

  expect(await readAll(source(bytes))).toBe('a\0\uFFFD\uFFFD\uFFFD')
})

it('has ended when the attempt has, and everything was read', async () => {
  const log = source(Buffer.from('x'))

  expect((await readLogPage(log, 0)).ended).toBe(false)
  expect(await readLogPage(log, 1)).toEqual({ text: '', nextOffset: 1, ended: true })
  expect((await readLogPage({ ...log, isOver: false }, 1)).ended).toBe(false)
})

it('says what was left out of a long log, and goes on behind it', async () => {
  const bytes = Buffer.concat([Buffer.from('head\n'), Buffer.alloc(3_000_000), Buffer.from('tail\n')])

  const text = await readAll(source(bytes, { cut: { from: 5, to: 3_000_005 } }))

  expect(text).toBe(
    'head\n\n[evenkeel: 3 MB of this log are left out here; its beginning and its end are kept.]\ntail\n',
  )
})

describe('what is hidden', () => {
  const secret = 'pass-wörd-1'
  const mask = createMask([secret, 'short'])

  it('is replaced wherever a page ends', async () => {
    const page = 256 * 1024
    for (let at = page - 14; at <= page + 1; at++) {
      const log = source(Buffer.from(`${'x'.repeat(at)}${secret}|short|${secret}${secret}`), { mask })

      expect(await readAll(log)).toBe(`${'x'.repeat(at)}***|short|******`)
    }
  })

  it('is replaced wherever somebody begins to read', async () => {
    const log = source(Buffer.from(`ab${secret}cd`), { mask })

    for (let offset = 3; offset < 14; offset++) expect((await readLogPage(log, offset)).text).toBe('cd')
  })

  it('is not shown while it is being written', async () => {
    const whole = Buffer.from(`ab${secret}cd`)
    const size = Buffer.byteLength(secret)

    for (let length = 3; length < 2 + size; length++) {
      const log = source(whole.subarray(0, length), { mask, isOver: false })
      expect(await readLogPage(log, 0)).toEqual({ text: 'ab', nextOffset: 2, ended: false })
      expect(await readLogPage(log, 2)).toEqual({ text: '', nextOffset: 2, ended: false })
    }
    expect((await readLogPage(source(whole, { mask }), 2)).text).toBe('***cd')
  })

  it('hides all of values that overlap', async () => {
    const overlapping = createMask(['aaaaaaaaaa', 'aaaaaaaabb'])

    expect(await readAll(source(Buffer.from('<aaaaaaaaaaaabb>'), { mask: overlapping }))).toBe('<***>')
  })

  it('is a token of ours, too', async () => {
    const log = source(Buffer.from('with evenkeel_pat_0a1b_9f here'))

    expect(await readAll(log)).toBe('with evenkeel_pat_[redacted] here')
  })
})
