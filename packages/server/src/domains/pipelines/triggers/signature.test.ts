import { expect, it } from 'vitest'
import { whyNotSigned } from './signature.ts'

const now = new Date('2026-11-21T12:00:00Z')
const seconds = String(now.getTime() / 1000)
// The example of GitHub: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
const github = {
  secret: "It's a Secret to Everybody",
  body: Buffer.from('Hello, World!'),
  signature: '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
}
// HMAC-SHA256 of "1795262400.{}" with the key "0123456789abcdef", by openssl.
const ours = {
  secret: '0123456789abcdef',
  body: Buffer.from('{}'),
  signature: '80ec7297d52808d866b73c780e49966e16b68b8a000e6d353405eee4a6f105ab',
}

it('takes what GitHub signs', () => {
  const { secret, body, signature } = github

  expect(whyNotSigned({ 'x-hub-signature-256': `sha256=${signature}` }, body, secret, now)).toBeUndefined()
})

it('takes what is signed with its time', () => {
  const { secret, body, signature } = ours

  expect(whyNotSigned({ 'x-evenkeel-signature': `t=${seconds},v1=${signature}` }, body, secret, now)).toBeUndefined()
  expect(whyNotSigned({ 'x-evenkeel-signature': `t=${seconds}, v1=00, v1=${signature}` }, body, secret, now)).toBe(
    undefined,
  )
})

it.each([
  { what: 'no signature', headers: {}, says: 'neither' },
  { what: 'another secret', secret: 'another secret!!', says: 'does not fit' },
  { what: 'another body', body: Buffer.from('{"a":1}'), says: 'does not fit' },
  {
    what: 'another time',
    headers: { 'x-evenkeel-signature': `t=${Number(seconds) - 1},v1=${ours.signature}` },
    says: 'does not fit',
  },
  {
    what: 'an old time',
    headers: { 'x-evenkeel-signature': `t=${Number(seconds) - 301},v1=${ours.signature}` },
    says: 'five minutes',
  },
  {
    what: 'a time to come',
    headers: { 'x-evenkeel-signature': `t=${Number(seconds) + 301},v1=${ours.signature}` },
    says: 'five minutes',
  },
  { what: 'no time', headers: { 'x-evenkeel-signature': `v1=${ours.signature}` }, says: 'no t=' },
  {
    what: 'half a signature',
    headers: { 'x-evenkeel-signature': `t=${seconds},v1=${ours.signature.slice(0, 32)}` },
    says: 'does not fit',
  },
  { what: 'no hex', headers: { 'x-hub-signature-256': 'sha256=zz' }, says: 'does not fit' },
])('refuses $what', ({ headers, body = ours.body, secret = ours.secret, says }) => {
  const sent = headers ?? { 'x-evenkeel-signature': `t=${seconds},v1=${ours.signature}` }

  expect(whyNotSigned(sent, body, secret, now)).toContain(says)
})
