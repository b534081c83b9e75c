import { type Client, createClient } from '@evenkeel/client'
import { artifacts, defineErrors, defineEvents, EventBase, type Me, platform, projects } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { Readable } from 'node:stream'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import type { Db } from './platform/db.ts'
import { failures } from './platform/errors.ts'
import { publish } from './platform/events.ts'
import { type FileReply, type Handlers, mount } from './platform/http.ts'
import { defineQueue, enqueue } from './platform/jobs.ts'

/** What must not compile. `tsc` checks this file; nothing runs it. */
declare const app: FastifyInstance
declare const db: Db
declare const handlers: Handlers<typeof artifacts>
declare const about: Handlers<typeof platform>

const file: FileReply = { sizeBytes: 0, open: () => Readable.from([]) }
const stored = { digest: 'sha256:', sizeBytes: 0 }

mount(app, artifacts, handlers)

// @ts-expect-error - an endpoint without a handler
mount(app, artifacts, { download: handlers.download, upload: handlers.upload })

// @ts-expect-error - a handler without an endpoint
mount(app, artifacts, { ...handlers, remove: async () => stored })

// @ts-expect-error - a JSON reply where a file is promised
mount(app, artifacts, { ...handlers, download: async () => stored })

// @ts-expect-error - a file where a JSON reply is promised
mount(app, artifacts, { ...handlers, upload: async () => file })

// @ts-expect-error - an answer of another shape
mount(app, artifacts, { ...handlers, upload: async () => ({ digest: 'sha256:' }) })

// @ts-expect-error - one value where a stream of them is promised
mount(app, platform, { ...about, events: async () => ({ data: { reset: true } }) })

async function* otherNews() {
  yield { data: { reset: 'yes' } }
}
// @ts-expect-error - events of another shape
mount(app, platform, { ...about, events: otherNews })

// @ts-expect-error - a form where plain bytes come
mount(app, artifacts, { ...handlers, upload: async ({ fields }) => ({ ...stored, fields }) })

const errors = defineErrors({
  'shelves.full': { status: 409, message: '', fix: '', details: z.object({ planks: z.int() }) },
})
const fail = failures(errors)

// @ts-expect-error - details that the catalogue does not promise
fail('shelves.full', { shelf: 'oak' })

// @ts-expect-error - a code that the catalogue does not have
fail('shelves.empty', { planks: 1 })

const events = defineEvents({ 'shelves.moved': EventBase.extend({ to: z.string() }), 'shelves.lost': z.object({}) })

// @ts-expect-error - a fact that says less than it promises
void publish(db, events, 'shelves.moved', { projectId: 'default', subject: 'oak' })

// @ts-expect-error - a fact without the object it speaks of
void publish(db, events, 'shelves.lost', {})

// @ts-expect-error - a job of another shape
void enqueue(db, defineQueue('shelves.wake', z.object({ shelf: z.string() })), { planks: 1 })

// @ts-expect-error - another domain's table
db.$pickTables<'projects.user_account'>().selectFrom('platform.audit_entry')

const people: Client<typeof projects> = createClient(projects, { baseUrl: '' })
expectTypeOf(people.me).returns.resolves.toEqualTypeOf<Me>()

// @ts-expect-error - a call without its body
void people.createUser({})

// @ts-expect-error - a file that is no bytes
void createClient(artifacts, { baseUrl: '' }).upload({ query: {}, file: 'text' })
