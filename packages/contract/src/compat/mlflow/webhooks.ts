import { z } from 'zod'
import { defineRpcs } from './rpc.ts'
import { enumeration, int32, repeated, required } from './scalars.ts'

const entity = enumeration({
  REGISTERED_MODEL: 1,
  MODEL_VERSION: 2,
  MODEL_VERSION_TAG: 3,
  MODEL_VERSION_ALIAS: 4,
  PROMPT: 5,
  PROMPT_VERSION: 6,
  PROMPT_TAG: 7,
  PROMPT_VERSION_TAG: 8,
  PROMPT_ALIAS: 9,
})
const action = enumeration({ CREATED: 1, DELETED: 3, SET: 4 })
const status = enumeration({ ACTIVE: 1, DISABLED: 2 })
const event = z.object({ entity, action })
const text = z.string().optional()

export const MlflowWebhook = z
  .object({
    webhook_id: z.string(),
    name: z.string(),
    description: text,
    url: z.string(),
    events: z.array(z.object({ entity: z.string(), action: z.string() })),
    status: z.enum(['ACTIVE', 'DISABLED']),
    creation_timestamp: z.number(),
    last_updated_timestamp: z.number(),
  })
  .meta({ id: 'MlflowWebhook' })
export type MlflowWebhook = z.infer<typeof MlflowWebhook>

const read = { methods: ['GET'], versions: ['2.0'], access: 'registry:read' } as const
const write = { methods: ['POST'], versions: ['2.0'], access: 'registry:write' } as const
const one = z.object({ webhook_id: required })
const answer = z.object({ webhook: MlflowWebhook })

/** Addresses that are told what happens in the registry, as the MLflow client speaks of them. */
export const mlflowWebhooks = defineRpcs({
  createWebhook: {
    ...write,
    path: 'webhooks',
    summary: 'Tell an address what happens in the registry.',
    request: z.object({
      name: required,
      description: text,
      url: required,
      events: repeated(event),
      secret: text,
      status: status.default('ACTIVE'),
    }),
    response: answer,
  },
  listWebhooks: {
    ...read,
    path: 'webhooks',
    summary: 'List webhooks.',
    request: z.object({ max_results: int32.default(100), page_token: text }),
    response: z.object({ webhooks: z.array(MlflowWebhook), next_page_token: text }),
  },
  getWebhook: { ...read, path: 'webhooks/{webhook_id}', summary: 'Read a webhook.', request: one, response: answer },
  updateWebhook: {
    ...write,
    methods: ['PATCH'],
    path: 'webhooks/{webhook_id}',
    summary: 'Change a webhook.',
    request: one.extend({
      name: text,
      description: text,
      url: text,
      events: repeated(event),
      secret: text,
      status: status.optional(),
    }),
    response: answer,
  },
  deleteWebhook: {
    ...write,
    methods: ['DELETE'],
    path: 'webhooks/{webhook_id}',
    summary: 'Delete a webhook.',
    request: one,
    response: z.object({}),
  },
  testWebhook: {
    ...write,
    path: 'webhooks/{webhook_id}/test',
    summary: 'Send an example to a webhook, and read what it answers.',
    request: one.extend({ event: event.optional() }),
    response: z.object({
      result: z.object({
        success: z.boolean(),
        response_status: z.number().optional(),
        response_body: text,
        error_message: text,
      }),
    }),
  },
})
