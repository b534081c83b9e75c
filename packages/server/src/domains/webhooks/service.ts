import {
  type Webhook,
  webhookActions,
  type WebhookChange,
  type WebhookEvent,
  type WebhookTest,
  webhooksErrors,
} from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import { failures } from '../../platform/errors.ts'
import { whyNotSend } from '../../platform/outgoing/address.ts'
import { pageTokens } from '../../platform/page-token.ts'
import { bodyOf, createDelivery, nameOf } from './deliver.ts'
import type { WebhooksDeps } from './deps.ts'
import { exampleOf } from './news.ts'
import { createSecrets } from './secrets.ts'
import { type WebhookRow, webhookStore } from './store.ts'

const fail = failures(webhooksErrors)

export interface NewWebhook extends Pick<Webhook, 'name' | 'url' | 'events' | 'status'> {
  readonly description: string | null
  /** What is sent is signed with it; null for no signature. */
  readonly secret: string | null
}

/** Most of a project; each is asked about with every change. */
const most = 100
const longest = { url: 2048, description: 5000, secret: 1000 } as const

/** Addresses outside that are told what happens in the registry: soon, and again until they take it. */
export function createWebhooks(deps: WebhooksDeps) {
  const { db, now } = deps
  const secrets = createSecrets(deps.folder)
  const delivery = createDelivery(deps, secrets)
  const store = webhookStore(db)

  async function find({ projectId }: Caller, id: string): Promise<WebhookRow> {
    const row = await store.find({ projectId, id })
    if (!row) throw notFound(id)
    return row
  }

  return {
    subscriptions: delivery.subscriptions,
    jobs: delivery.jobs,

    get: async (caller: Caller, id: string): Promise<Webhook> => present(await find(caller, id)),

    /** @throws DomainError `webhooks.bad_value` */
    async create({ projectId, userName }: Caller, { secret, ...webhook }: NewWebhook): Promise<Webhook> {
      requireSound(deps, { ...webhook, ...(secret !== null && { secret }) })
      const at = now().getTime()
      const key = { project_id: projectId, webhook_id: randomUUID() }
      const row: WebhookRow = {
        ...key,
        name: webhook.name,
        description: webhook.description,
        url: webhook.url,
        events: webhook.events.map((event) => nameOf({ event })),
        secret: secret ? await secrets.close(key, secret) : null,
        status: webhook.status,
        created_ms: at,
        updated_ms: at,
      }
      await db.transaction().execute(async (tx) => {
        if ((await webhookStore(tx).lockCount(projectId)) >= most)
          throw bad('name', `A project has ${most} webhooks at most.`)
        await webhookStore(tx).add(row)
        const after = { name: row.name, url: row.url, events: row.events }
        await audit(tx, { projectId, actor: userName, action: 'webhooks.create', subject: row.webhook_id, after })
      })
      return present(row)
    },

    async list(
      { projectId }: Caller,
      { maxResults, pageToken }: { maxResults: number; pageToken: string | undefined },
    ): Promise<{ webhooks: Webhook[]; nextPageToken: string | null }> {
      if (maxResults < 1 || maxResults > 1000)
        throw bad('max_results', `max_results is 1 to 1000, and not ${maxResults}.`)
      const tokens = pageTokens({ list: 'webhooks', projectId })
      const after = pageToken ? tokens.decode(pageToken).values[0] : undefined
      const rows = await store.list(projectId, maxResults + 1, after)
      const page = rows.slice(0, maxResults)
      const isMore = rows.length > maxResults
      const nextPageToken = isMore ? tokens.encode({ values: [page.at(-1)!.webhook_id] }) : null
      return { webhooks: page.map(present), nextPageToken }
    },

    async update({ projectId, userName }: Caller, id: string, change: WebhookChange): Promise<Webhook> {
      requireSound(deps, change)
      const { secret, events, ...rest } = change
      const key = { project_id: projectId, webhook_id: id }
      const sealed = secret ? await secrets.close(key, secret) : null
      const set = {
        ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
        ...(events && { events: events.map((event) => nameOf({ event })) }),
        ...(secret !== undefined && { secret: sealed }),
        updated_ms: now().getTime(),
      }
      return db.transaction().execute(async (tx) => {
        const row = await webhookStore(tx).change({ projectId, id }, set)
        if (!row) throw notFound(id)
        const after = { name: row.name, url: row.url, events: row.events, status: row.status }
        await audit(tx, { projectId, actor: userName, action: 'webhooks.update', subject: id, after })
        return present(row)
      })
    },

    delete: ({ projectId, userName }: Caller, id: string): Promise<void> =>
      db.transaction().execute(async (tx) => {
        const row = await webhookStore(tx).delete({ projectId, id })
        if (!row) throw notFound(id)
        const before = { name: row.name, url: row.url }
        await audit(tx, { projectId, actor: userName, action: 'webhooks.delete', subject: id, before })
      }),

    /** Sends an example now, of its first event when none is named. */
    async test(caller: Caller, id: string, event: WebhookEvent | undefined): Promise<WebhookTest> {
      const row = await find(caller, id)
      if (event) requireEvents([event])
      const sent = await delivery.send(row, randomUUID(), bodyOf(exampleOf(event ?? eventsOf(row)[0]!), now()))
      return {
        success: sent.outcome === 'sent',
        status: sent.answer?.status ?? null,
        body: sent.answer?.text ?? null,
        error: sent.outcome === 'sent' ? null : sent.says,
      }
    },
  }
}

function requireSound(
  { privateWebhooks }: WebhooksDeps,
  { name, description, url, events, secret }: WebhookChange,
): void {
  if (name !== undefined && !/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(name)) {
    const rule =
      'It starts and ends with a letter or digit, has 63 characters at most, and holds only letters, digits, ".", "_" and "-".'
    throw bad('name', `Webhook name '${name.slice(0, 100)}' is invalid. ${rule}`)
  }
  if (url !== undefined) requireAddress(url, privateWebhooks)
  if (events !== undefined) requireEvents(events)
  if ((description?.length ?? 0) > longest.description)
    throw bad('description', `A description has ${longest.description} characters at most.`)
  if ((secret?.length ?? 0) > longest.secret) throw bad('secret', `A secret has ${longest.secret} characters at most.`)
}

function requireAddress(url: string, privateTargets: boolean): void {
  if (url.length > longest.url || !URL.canParse(url)) throw bad('url', `Invalid webhook URL '${url.slice(0, 100)}'.`)
  const why = whyNotSend(url, { privateTargets })
  if (why) throw bad('url', `Invalid webhook URL: ${why}`)
}

function requireEvents(events: readonly WebhookEvent[]): void {
  if (events.length === 0) throw bad('events', 'A webhook names one event at least.')
  for (const { entity, action } of events) {
    const known: readonly string[] = webhookActions[entity]
    if (!known.includes(action))
      throw bad('events', `Of ${entity} webhooks tell ${known.join(' and ')}, and not ${action}.`)
  }
}

const bad = (field: string, why: string) => fail('webhooks.bad_value', { field }, { why })

const notFound = (id: string) =>
  fail('webhooks.not_found', { webhook: id }, { why: `Webhook with ID ${id} not found.` })

const eventsOf = ({ events }: WebhookRow): WebhookEvent[] =>
  events.map((name) => {
    const [entity, action] = name.split('.')
    return { entity, action } as WebhookEvent
  })

const present = (row: WebhookRow): Webhook => ({
  id: row.webhook_id,
  name: row.name,
  description: row.description,
  url: row.url,
  events: eventsOf(row),
  status: row.status,
  createdMs: row.created_ms,
  updatedMs: row.updated_ms,
})
