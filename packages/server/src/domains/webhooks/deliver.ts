import { registryEvents } from '@evenkeel/contract'
import { createHash, createHmac } from 'node:crypto'
import { z } from 'zod'
import { on, type Subscription } from '../../platform/events.ts'
import { defineQueue, enqueue, type Job, worker } from '../../platform/jobs.ts'
import { type Sent, sendHttp } from '../../platform/outgoing/send.ts'
import type { WebhooksDeps } from './deps.ts'
import { type Change, type News, newsOf } from './news.ts'
import type { Secrets } from './secrets.ts'
import { type WebhookRow, webhookStore } from './store.ts'

const deliveryQueue = defineQueue(
  'webhooks.deliver',
  z.object({ projectId: z.string(), webhookId: z.string(), deliveryId: z.string(), body: z.string() }),
  { concurrency: 4, retryLimit: 10 },
)

/** The JSON that is sent: names in small letters, as MLflow writes them. */
export const bodyOf = ({ event, data }: News, at: Date): string =>
  JSON.stringify({
    entity: event.entity.toLowerCase(),
    action: event.action.toLowerCase(),
    timestamp: at.toISOString().replace('Z', '+00:00'),
    data,
  })

export function createDelivery(deps: WebhooksDeps, secrets: Secrets) {
  const { db, log, now, privateWebhooks } = deps

  /** Signs and sends once. The id of a delivery stays the same when it is tried again. */
  async function send(webhook: WebhookRow, deliveryId: string, body: string): Promise<Sent> {
    const timestamp = String(Math.floor(now().getTime() / 1000))
    const secret = await secrets.open(webhook)
    const signed = secret && createHmac('sha256', secret).update(`${deliveryId}.${timestamp}.${body}`).digest('base64')
    const headers = {
      'x-mlflow-delivery-id': deliveryId,
      'x-mlflow-timestamp': timestamp,
      ...(signed && { 'x-mlflow-signature': `v1,${signed}` }),
    }
    return sendHttp({ url: webhook.url, headers, privateTargets: privateWebhooks }, body)
  }

  async function tell(change: Change, eventId: string): Promise<void> {
    const news = await newsOf(deps, change)
    if (!news) return
    const { projectId } = change
    const body = bodyOf(news, now())
    for (const { webhook_id: webhookId } of await webhookStore(db).listening(projectId, nameOf(news))) {
      // The same event may come twice, and the same job is taken once.
      const deliveryId = uuidOf(`${eventId} ${webhookId}`)
      await enqueue(db, deliveryQueue, { projectId, webhookId, deliveryId, body }, { id: deliveryId })
    }
  }

  const follow = {
    version: null,
    key: null,
    value: null,
  }
  const subscriptions: Subscription[] = [
    on(registryEvents, 'registry.catalog_changed', 'webhooks.tell_changes', ({ change, ...news }, id) =>
      tell({ ...news, change: change === 'prompt_version_created' ? 'version_created' : change }, id),
    ),
    on(registryEvents, 'registry.version_registered', 'webhooks.tell_versions', (news, id) =>
      tell({ ...follow, ...news, change: 'version_created' }, id),
    ),
    on(registryEvents, 'registry.alias_moved', 'webhooks.tell_aliases', (news, id) =>
      tell({ ...follow, ...news, change: 'alias_set', key: news.alias }, id),
    ),
  ]

  const jobs: Job[] = [
    worker(deliveryQueue, async ({ projectId, webhookId, deliveryId, body }) => {
      const webhook = await webhookStore(db).find({ projectId, id: webhookId })
      if (webhook?.status !== 'ACTIVE') return
      const sent = await send(webhook, deliveryId, body)
      if (sent.outcome === 'failed') throw new Error(`The webhook "${webhook.name}" was not told: ${sent.says}`)
      if (sent.outcome === 'refused') log.warn({ projectId, webhook: webhook.name, says: sent.says }, 'webhook refused')
    }),
  ]

  return { send, subscriptions, jobs }
}

export const nameOf = ({ event }: Pick<News, 'event'>): string => `${event.entity}.${event.action}`

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
