import type { CatalogModel, WebhookEvent } from '@evenkeel/contract'
import { localCaller } from '../../platform/auth.ts'
import { DomainError } from '../../platform/errors.ts'
import type { WebhooksDeps } from './deps.ts'

/** What happened in the registry, as its events say it. */
export interface Change {
  readonly projectId: string
  readonly change: 'model_created' | 'version_created' | 'tag_set' | 'tag_deleted' | 'alias_set' | 'alias_removed'
  readonly model: string
  readonly version: number | null
  /** Of a tag; or an alias. */
  readonly key: string | null
  readonly value: string | null
}

/** What a webhook is told. */
export interface News {
  readonly event: WebhookEvent
  readonly data: Readonly<Record<string, unknown>>
}

/** Reads what there is to tell of a change; nothing when it is gone meanwhile, or webhooks do not tell of it. */
export async function newsOf(deps: WebhooksDeps, change: Change): Promise<News | undefined> {
  try {
    const caller = { ...localCaller, projectId: change.projectId }
    const model = await deps.registeredModels.get(caller, change.model)
    const isPrompt = model.tags['mlflow.prompt.is_prompt']?.toLowerCase() === 'true'
    if (change.change === 'version_created') return await versionNews(deps, change, isPrompt)
    return newsAbout(change, model, isPrompt)
  } catch (error) {
    if (error instanceof DomainError && error.status === 404) return undefined
    throw error
  }
}

async function versionNews(deps: WebhooksDeps, { projectId, model, version }: Change, isPrompt: boolean) {
  const caller = { ...localCaller, projectId }
  const found = await deps.modelVersions.get(caller, model, String(version))
  const common = { name: model, version: String(version) }
  const said = { tags: found.tags, description: found.description }
  const { 'mlflow.prompt.text': template = '', ...tags } = found.tags
  const event: WebhookEvent = { entity: isPrompt ? 'PROMPT_VERSION' : 'MODEL_VERSION', action: 'CREATED' }
  return isPrompt
    ? { event, data: { ...common, template, ...said, tags } }
    : { event, data: { ...common, source: found.source, run_id: found.runId, ...said } }
}

function newsAbout(
  { change, model: name, version, key, value }: Change,
  model: CatalogModel,
  isPrompt: boolean,
): News | undefined {
  const alias = isPrompt ? 'PROMPT_ALIAS' : 'MODEL_VERSION_ALIAS'
  switch (change) {
    case 'model_created':
      return {
        event: { entity: isPrompt ? 'PROMPT' : 'REGISTERED_MODEL', action: 'CREATED' },
        data: { name, tags: model.tags, description: model.description },
      }
    case 'alias_set':
      return { event: { entity: alias, action: 'CREATED' }, data: { name, alias: key, version: String(version) } }
    case 'alias_removed':
      return { event: { entity: alias, action: 'DELETED' }, data: { name, alias: key } }
    case 'tag_set':
    case 'tag_deleted':
      return tagNews({ change, name, version, key, value }, isPrompt)
    case 'version_created':
      return undefined
  }
}

function tagNews(
  tag: Pick<Change, 'version' | 'key' | 'value'> & {
    readonly change: 'tag_set' | 'tag_deleted'
    readonly name: string
  },
  isPrompt: boolean,
): News | undefined {
  // Of tags of a model that is no prompt, webhooks do not tell.
  if (tag.version === null && !isPrompt) return undefined
  const entity = tag.version === null ? 'PROMPT_TAG' : isPrompt ? 'PROMPT_VERSION_TAG' : 'MODEL_VERSION_TAG'
  const data = { name: tag.name, ...(tag.version !== null && { version: String(tag.version) }), key: tag.key }
  return tag.change === 'tag_set'
    ? { event: { entity, action: 'SET' }, data: { ...data, value: tag.value } }
    : { event: { entity, action: 'DELETED' }, data }
}

/** What a test sends. */
export function exampleOf(event: WebhookEvent): News {
  const isPrompt = event.entity.startsWith('PROMPT')
  const name = isPrompt ? 'example_prompt' : 'example_model'
  const isWhole = event.entity === 'PROMPT' || event.entity === 'REGISTERED_MODEL'
  const version = isWhole || event.entity === 'PROMPT_TAG' || event.action === 'DELETED' ? {} : { version: '1' }
  const tagged = { tags: { example_key: 'example_value' }, description: `An example of ${event.entity}` }
  if (event.entity.endsWith('_ALIAS')) return { event, data: { name, alias: 'example_alias', ...version } }
  if (event.entity.endsWith('_TAG')) {
    const value = event.action === 'SET' ? { value: 'example_value' } : {}
    return { event, data: { name, ...version, key: 'example_key', ...value } }
  }
  if (isWhole) return { event, data: { name, ...tagged } }
  const more = isPrompt ? { template: 'Hello {{name}}!' } : { source: 'models:/123', run_id: 'abcd1234abcd5678' }
  return { event, data: { name, ...version, ...more, ...tagged } }
}
