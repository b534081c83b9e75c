import { triggersErrors, TriggerSpec } from '@evenkeel/contract'
import { createHash, randomBytes } from 'node:crypto'
import { failures } from '../../../platform/errors.ts'
import type { PipelinesDeps } from '../needs.ts'
import { fire } from './fire.ts'
import type { Occasion } from './occasion.ts'
import { type Headers, text, whyNotSigned } from './signature.ts'
import { type TriggerKey, triggersStore } from './store.ts'

const fail = failures(triggersErrors)

export interface Delivery {
  readonly headers: Headers
  readonly body: Buffer
}

/** Against it every signature is wrong: an address where nothing listens answers as one with another secret. */
const nobodysSecret = randomBytes(32).toString('hex')

/** @throws DomainError `pipelines.hook_refused` */
export async function receiveHook(deps: PipelinesDeps, key: TriggerKey, delivery: Delivery): Promise<string> {
  const store = triggersStore(deps.db)
  const trigger = await store.findTrigger(key)
  const listens = trigger !== undefined && TriggerSpec.parse(trigger.spec).on.kind === 'webhook'
  const secret = (listens && (await store.readSecret(key))) || nobodysSecret
  const why = whyNotSigned(delivery.headers, delivery.body, secret, deps.now())
  if (why !== undefined || !trigger) throw fail('pipelines.hook_refused', {}, why === undefined ? {} : { why })
  const firing = await fire(deps, trigger, hookOccasion(delivery))
  if (firing === undefined) throw fail('pipelines.hook_refused', {})
  return firing
}

/** Names of services that sign as GitHub does put other headers beside it; these say what was sent. */
const kept = ['x-github-event', 'x-github-delivery', 'x-delivery-id', 'idempotency-key', 'content-type', 'user-agent']

export function hookOccasion({ headers, body }: Delivery): Occasion {
  const digest = createHash('sha256').update(body).digest('hex')
  const seen = Object.fromEntries(
    kept.flatMap((name) => {
      const value = text(headers[name])
      return value === undefined ? [] : [[name, value.slice(0, 200)]]
    }),
  )
  const event = seen['x-github-event']
  return {
    kind: 'webhook',
    dedupeKey: dedupeKeyOf(headers, digest),
    says: `A signed request of ${body.length} bytes came in${event ? `, about "${event}"` : ''}.`,
    eventTime: null,
    evidence: { headers: seen, sizeBytes: body.length, digest: `sha256:${digest}` },
  }
}

/** Hashed where others choose it, so that its length and its letters do not matter. */
function dedupeKeyOf(headers: Headers, digest: string): string {
  const key = text(headers['idempotency-key'])
  if (key !== undefined) return `key:${sha256(key)}`
  const id = text(headers['x-github-delivery']) ?? text(headers['x-delivery-id'])
  return id === undefined ? `body:${digest}` : `delivery:${sha256(id)}`
}

const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex')
