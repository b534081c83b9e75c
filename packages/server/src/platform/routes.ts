import { platform as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { can, type Caller } from './auth.ts'
import { failPlatform } from './errors.ts'
import { mount } from './http.ts'
import type { Change } from './live/store.ts'
import type { Platform } from './server.ts'

export function platformRoutes(app: FastifyInstance, platform: Platform): void {
  const { config, live, startedAt } = platform
  mount(app, endpoints, {
    healthz: async () => ({ status: 'ok' }),
    readyz: async () => ({ status: 'ready', checks: await checkReady(platform) }),
    about: async () => ({
      version: config.version,
      demo: config.demo,
      startedAt: startedAt.toISOString(),
      signIn: config.signIn,
    }),
    events: ({ query, lastEventId }, caller, signal) =>
      live.follow(listensTo(query.topics, caller), lastEventId, signal),
  })
}

/** Only what was asked for, of the caller's project, in domains that the caller may read. */
function listensTo(topics: string | undefined, caller: Caller): (change: Change) => boolean {
  const wanted = topics?.split(',').map((topic) => topic.trim())
  return ({ topic, projectId }) => {
    const domain = topic.split('.', 1)[0]!
    const asked = !wanted || wanted.includes(topic) || wanted.includes(domain)
    return asked && projectId === caller.projectId && can(caller, `${domain}:read`)
  }
}

/** @throws DomainError `platform.unavailable`, saying what does not answer */
async function checkReady({ db, blobs, probe }: Platform) {
  return [await check('database', () => sql`select 1`.execute(db)), await check('blobs', () => blobs.bytes(probe))]
}

async function check(name: string, ask: () => Promise<unknown>) {
  const startedAt = performance.now()
  try {
    await ask()
    return { name, ok: true, detail: `answered in ${(performance.now() - startedAt).toFixed(1)} ms` }
  } catch (cause) {
    throw failPlatform('platform.unavailable', {}, { cause, why: `${name}: ${(cause as Error).message}` })
  }
}
