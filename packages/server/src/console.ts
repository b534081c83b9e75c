import fastifyStatic from '@fastify/static'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Domain } from './platform/server.ts'

const built = fileURLToPath(new URL('../../console/dist', import.meta.url))

/** Pages of the console; the router in the browser knows the rest of the path. */
export const pages = [
  '/',
  '/models',
  '/models/*',
  '/deployments',
  '/deployments/*',
  '/monitors',
  '/monitors/*',
  '/pipelines',
  '/pipelines/*',
  '/runs/*',
  '/automations',
  '/backfills',
  '/backfills/*',
  '/approvals',
  '/approvals/*',
  '/lineage',
  '/experiments',
  '/experiments/*',
  '/compare',
  '/new/import',
  '/new/import/*',
]

const headers = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'self'; base-uri 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
}

/** Serves the console as it was built; says how to build it when it was not. */
export function consoleDomain(root = built): Domain {
  return {
    routes(app) {
      if (!existsSync(root)) {
        app.get('/', (_, reply) =>
          reply.type('text/plain').send('The console has not been built. Build it with: npm run build\n'),
        )
        return
      }
      void app.register(fastifyStatic, {
        root,
        wildcard: false,
        index: false,
        setHeaders: (reply, path) => {
          // Built files carry the hash of their content in their name.
          const keeps = path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
          reply.setHeader('cache-control', keeps)
          for (const [name, value] of Object.entries(headers)) reply.setHeader(name, value)
        },
      })
      for (const page of pages) app.get(page, (_, reply) => reply.sendFile('index.html'))
    },
  }
}
