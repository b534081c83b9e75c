import { createHmac, timingSafeEqual } from 'node:crypto'

export type Headers = Readonly<Record<string, string | string[] | undefined>>

const toleranceSeconds = 300

/**
 * Why a request does not prove that its sender knows the secret, or `undefined` when it does: by
 * `X-Evenkeel-Signature: t=<unix seconds>,v1=<hex>` over `t.body`, or as GitHub signs, over the body alone.
 *
 * @see https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function whyNotSigned(headers: Headers, body: Buffer, secret: string, now: Date): string | undefined {
  const ours = text(headers['x-evenkeel-signature'])
  if (ours !== undefined) return whyNotOurs(ours, body, secret, now)
  const github = text(headers['x-hub-signature-256'])
  if (github === undefined) return 'It carries neither X-Evenkeel-Signature nor X-Hub-Signature-256.'
  return isEqual(github.replace(/^sha256=/, ''), hmac(secret, body)) ? undefined : mismatch
}

const mismatch = 'The signature does not fit the body, or nothing listens at this address.'

function whyNotOurs(header: string, body: Buffer, secret: string, now: Date): string | undefined {
  const parts = header.split(',').map((part) => part.trim().split('=', 2))
  const timestamp = parts.find(([name]) => name === 't')?.[1]
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) {
    return 'X-Evenkeel-Signature has no t=<unix seconds>.'
  }
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > toleranceSeconds) {
    return `It was signed at ${timestamp}, more than five minutes from now, ${Math.floor(now.getTime() / 1000)}.`
  }
  const right = hmac(secret, Buffer.concat([Buffer.from(`${timestamp}.`), body]))
  return parts.some(([name, value]) => name === 'v1' && isEqual(value ?? '', right)) ? undefined : mismatch
}

const hmac = (secret: string, bytes: Buffer): Buffer => createHmac('sha256', secret).update(bytes).digest()

/** Takes as long whatever the difference. */
function isEqual(hex: string, right: Buffer): boolean {
  const given = Buffer.from(hex, 'hex')
  return given.length === right.length && timingSafeEqual(given, right)
}

export const text = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header
