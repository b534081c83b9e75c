import { z } from 'zod'
import { defineErrors } from './endpoint.ts'

/** Things of the registry, and what can happen to each, as webhooks tell of it. */
export const webhookActions = {
  REGISTERED_MODEL: ['CREATED'],
  MODEL_VERSION: ['CREATED'],
  MODEL_VERSION_TAG: ['SET', 'DELETED'],
  MODEL_VERSION_ALIAS: ['CREATED', 'DELETED'],
  PROMPT: ['CREATED'],
  PROMPT_VERSION: ['CREATED'],
  PROMPT_TAG: ['SET', 'DELETED'],
  PROMPT_VERSION_TAG: ['SET', 'DELETED'],
  PROMPT_ALIAS: ['CREATED', 'DELETED'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type WebhookEntity = keyof typeof webhookActions

export interface WebhookEvent {
  readonly entity: WebhookEntity
  readonly action: 'CREATED' | 'SET' | 'DELETED'
}

/** An address that is told what happens in the registry. Its secret is never shown. */
export interface Webhook {
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly url: string
  readonly events: readonly WebhookEvent[]
  readonly status: 'ACTIVE' | 'DISABLED'
  readonly createdMs: number
  readonly updatedMs: number
}

/** What changes of a webhook; what is absent stays as it is, and an empty secret is taken away. */
export type WebhookChange = {
  readonly [K in 'name' | 'description' | 'url' | 'events' | 'status']?: Webhook[K] | undefined
} & { readonly secret?: string | undefined }

export interface WebhookTest {
  readonly success: boolean
  readonly status: number | null
  readonly body: string | null
  readonly error: string | null
}

export const webhooksErrors = defineErrors({
  'webhooks.not_found': {
    status: 404,
    message: 'No such webhook.',
    fix: 'List the webhooks to find one.',
    details: z.object({ webhook: z.string() }),
  },
  'webhooks.bad_value': {
    status: 422,
    message: 'The webhook cannot be kept as it is; nothing was written.',
    fix: 'Read the reason, and send another value.',
    details: z.object({ field: z.string() }),
  },
})
