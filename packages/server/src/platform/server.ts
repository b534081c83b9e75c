import type { FastifyInstance } from 'fastify'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { type Audit, createAudit } from './audit-chain.ts'
import { createAdmit, type FindCaller } from './auth.ts'
import type { BlobStore } from './blobs/blob-store.ts'
import { openBlobStore } from './blobs/kinds.ts'
import { createBlobTouches } from './blobs/touches.ts'
import type { Db } from './db.ts'
import { createQueryEngine, type QueryEngine } from './duckdb/engine.ts'
import { isErrno } from './errors.ts'
import { createEvents, type Events, type Subscription } from './events.ts'
import { findDatabase } from './find-database.ts'
import { createHttp } from './http/server.ts'
import { type Job, periodic } from './jobs.ts'
import { createLiveFeed, type LiveFeed } from './live/feed.ts'
import { createLifecycle, type Lifecycle } from './lifecycle.ts'
import type { Log } from './logging.ts'
import { migrate } from './migrate.ts'
import { platformRoutes } from './routes.ts'
import { openSigningKey, type SigningKey } from './signing-key.ts'

/** What domains are built on. */
export interface Platform {
  readonly config: Config
  readonly log: Log
  readonly db: Db
  /** The connection string of `db`. */
  readonly url: string
  readonly blobs: BlobStore
  /** DuckDB; reads blobs by `blobs.localPath`, and files below `queryFolder`. */
  readonly queries: QueryEngine
  /** Where domains may put tables of their own for `queries`. */
  readonly queryFolder: string
  readonly audit: Audit
  readonly events: Events
  readonly live: LiveFeed
  readonly startedAt: Date
  /** Digest of a blob that is always there: `/readyz` reads it. */
  readonly probe: string
  /** A key of the data folder, one per name: `desired-state`, … */
  signingKey(name: string): Promise<SigningKey>
  close(): Promise<void>
}

/** What each server does for itself beside requests and jobs. */
export interface Background {
  start(): void
  /** Ends what is under way; called when no request is left. */
  stop(): Promise<void>
}

/** One domain, ready to be served. */
export interface Domain {
  readonly routes?: (app: FastifyInstance) => void
  readonly subscriptions?: readonly Subscription[]
  readonly jobs?: readonly Job[]
  readonly background?: Background
}

/**
 * Opens everything that outlives a request: migrates the database, connects, prepares blobs, queries, events.
 *
 * @throws Error saying what is missing and what to do
 */
export async function openPlatform({ config, log }: { config: Config; log: Log }): Promise<Platform> {
  const lifecycle = createLifecycle(log)
  try {
    return await openParts(config, log, lifecycle)
  } catch (error) {
    await lifecycle.stop()
    throw error
  }
}

/** Stopping runs backwards: the queues first, so that running handlers still find everything they need. */
async function openParts(config: Config, log: Log, lifecycle: Lifecycle): Promise<Platform> {
  const { folder } = config
  const queryFolder = join(folder, 'tables')
  await mkdir(queryFolder, { recursive: true })
  const { url, db } = await findDatabase(config)
  lifecycle.onStop('database', () => db.destroy())
  await migrate(url)
  const blobs = await openBlobStore(config.blobUrl, {
    cacheFolder: join(folder, 'blob-cache'),
    cacheLimitBytes: config.blobCacheBytes,
    touch: createBlobTouches({ db, now: () => new Date() }),
  })
  const { digest: probe } = await blobs.put(Buffer.from('evenkeel\n'))
  const audit = await createAudit({ db, folder })
  lifecycle.onStop('audit', () => audit.checkpoint())
  const folders = [queryFolder, blobs.localFolder]
  const queries = createQueryEngine({ folder: join(folder, 'duckdb'), folders })
  lifecycle.onStop('queries', () => queries.stop())
  const live = await createLiveFeed({ db, url, log })
  lifecycle.onStop('live feed', () => live.stop())
  const events = await createEvents({ db, url, log })
  lifecycle.onStop('events', () => events.stop())

  const signingKey = (name: string) => openSigningKey(folder, name)
  const parts = { config, log, db, url, blobs, queries, queryFolder, audit, events, live, probe, signingKey }
  return { ...parts, startedAt: new Date(), close: () => lifecycle.stop() }
}

export interface ServeOptions {
  /** How a token is looked up; without it, nobody has one. */
  readonly findCaller?: FindCaller
  /** Whether periodic jobs run by themselves. Default true. */
  readonly periodic?: boolean
}

export interface Server {
  /** Where it listens, e.g. `http://127.0.0.1:7070`. */
  readonly url: string
  readonly http: FastifyInstance
  /** Answers what is under way, finishes running jobs and closes the platform. */
  stop(): Promise<void>
}

/** Mounts the domains, starts their jobs, and only then listens; what runs in the background comes last. */
export async function serve(
  platform: Platform,
  domains: readonly Domain[],
  { findCaller = async () => undefined, periodic: runPeriodic = true }: ServeOptions = {},
): Promise<Server> {
  const { config, log, events } = platform
  const admit = createAdmit({ findCaller, required: config.signIn === 'token' })
  const http = createHttp({ log, admit, allowedHosts: config.allowedHosts })
  platformRoutes(http, platform)
  for (const { routes } of domains) routes?.(http)
  await http.ready()

  const jobs = [...platformJobs(platform), ...domains.flatMap((domain) => domain.jobs ?? [])]
  const subscriptions = domains.flatMap((domain) => domain.subscriptions ?? [])
  await events.start(subscriptions, jobs, { periodic: runPeriodic })
  const url = await listen(http, config)
  const backgrounds = domains.flatMap(({ background }) => background ?? [])
  for (const background of backgrounds) background.start()
  return {
    url,
    http,
    async stop() {
      await closeHttp(http)
      await Promise.all(backgrounds.map((background) => background.stop()))
      await platform.close()
    },
  }
}

/** How long answers under way may take once the server stops. */
const drainMs = 10_000

async function closeHttp(http: FastifyInstance): Promise<void> {
  // A connection that becomes idle only now would be kept alive for another minute.
  const idle = setInterval(() => http.server.closeIdleConnections(), 50)
  const limit = setTimeout(() => http.server.closeAllConnections(), drainMs)
  await http.close()
  clearInterval(idle)
  clearTimeout(limit)
}

const platformJobs = ({ audit, live }: Platform): readonly Job[] => [
  periodic('platform.audit_checkpoint', 15, () => audit.checkpointWhenDue()),
  periodic('platform.prune_live_feed', 3600, () => live.prune(new Date())),
]

async function listen(http: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    return await http.listen({ host, port })
  } catch (cause) {
    if (!isErrno(cause, 'EADDRINUSE')) throw cause
    throw new Error(
      `Port ${port} on ${host} is taken by another program. Stop it, or set EVENKEEL_PORT to a free port.`,
      { cause },
    )
  }
}
