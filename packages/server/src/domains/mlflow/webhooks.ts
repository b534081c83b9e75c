import type { Webhook, WebhookChange, WebhookEvent, WebhookTest } from '@evenkeel/contract'
import type { MlflowWebhook, mlflowWebhooks } from '@evenkeel/contract/mlflow'
import type { Caller } from '../../platform/auth.ts'
import type { RpcHandlers } from './face.ts'
import { done } from './values.ts'

/** What the face needs of those who keep webhooks. */
export interface WebhooksNeeds {
  create(
    caller: Caller,
    webhook: Pick<Webhook, 'name' | 'url' | 'events' | 'status' | 'description'> & { readonly secret: string | null },
  ): Promise<Webhook>
  get(caller: Caller, id: string): Promise<Webhook>
  list(
    caller: Caller,
    page: { maxResults: number; pageToken: string | undefined },
  ): Promise<{ webhooks: readonly Webhook[]; nextPageToken: string | null }>
  update(caller: Caller, id: string, change: WebhookChange): Promise<Webhook>
  delete(caller: Caller, id: string): Promise<void>
  test(caller: Caller, id: string, event: WebhookEvent | undefined): Promise<WebhookTest>
}

export function webhookHandlers(webhooks: WebhooksNeeds): RpcHandlers<typeof mlflowWebhooks> {
  return {
    createWebhook: async ({ description, secret, ...sent }, caller) => ({
      webhook: presentWebhook(
        await webhooks.create(caller, { ...sent, description: description || null, secret: secret || null }),
      ),
    }),
    listWebhooks: async ({ max_results, page_token }, caller) => {
      const found = await webhooks.list(caller, { maxResults: max_results, pageToken: page_token || undefined })
      const token = found.nextPageToken
      return { webhooks: found.webhooks.map(presentWebhook), ...(token !== null && { next_page_token: token }) }
    },
    getWebhook: async ({ webhook_id }, caller) => ({ webhook: presentWebhook(await webhooks.get(caller, webhook_id)) }),
    updateWebhook: async ({ webhook_id, name, url, events, ...sent }, caller) => {
      const change = { ...sent, name: name || undefined, url: url || undefined }
      const wanted = events.length > 0 ? events : undefined
      return { webhook: presentWebhook(await webhooks.update(caller, webhook_id, { ...change, events: wanted })) }
    },
    deleteWebhook: ({ webhook_id }, caller) => done(webhooks.delete(caller, webhook_id)),
    testWebhook: async ({ webhook_id, event }, caller) => ({
      result: presentTest(await webhooks.test(caller, webhook_id, event)),
    }),
  }
}

const presentTest = ({ success, status, body, error }: WebhookTest) => ({
  success,
  ...(status !== null && { response_status: status }),
  ...(body !== null && { response_body: body }),
  ...(error !== null && { error_message: error }),
})

const presentWebhook = (webhook: Webhook): MlflowWebhook => ({
  webhook_id: webhook.id,
  name: webhook.name,
  ...(webhook.description !== null && { description: webhook.description }),
  url: webhook.url,
  events: [...webhook.events],
  status: webhook.status,
  creation_timestamp: webhook.createdMs,
  last_updated_timestamp: webhook.updatedMs,
})
