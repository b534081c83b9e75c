import { z } from 'zod'
import { EventBase, ModelName } from './common.ts'
import { defineEvents } from './endpoint.ts'
import { AliasName } from './registry.ts'

export const registryEvents = defineEvents({
  'registry.version_registered': EventBase.extend({ model: ModelName, version: z.int() }),
  'registry.gate_decided': EventBase.extend({ model: ModelName, version: z.int(), passed: z.boolean() }),
  'registry.alias_moved': EventBase.extend({ model: ModelName, alias: AliasName, version: z.int() }),
  /** What people say about models, prompts among them; `key` is that of a tag, or an alias. */
  'registry.catalog_changed': EventBase.extend({
    change: z.enum(['model_created', 'prompt_version_created', 'tag_set', 'tag_deleted', 'alias_removed']),
    model: ModelName,
    version: z.int().nullable(),
    key: z.string().nullable(),
    value: z.string().nullable(),
  }),
  'registry.card_edited': EventBase.extend({ model: ModelName, version: z.int(), revision: z.int() }),
  /** `comment` is its id. */
  'registry.comment_changed': EventBase.extend({ model: ModelName, version: z.int(), comment: z.string() }),
  'registry.owners_changed': EventBase.extend({ model: ModelName }),
  'registry.canary_recorded': EventBase.extend({ model: ModelName, version: z.int() }),
})
