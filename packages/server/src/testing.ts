import type { ClientOptions } from '@evenkeel/client'
import type { Role } from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { readConfig } from './config.ts'
import { artifactsRoutes } from './domains/artifacts/routes.ts'
import { createArtifacts } from './domains/artifacts/service.ts'
import { projectsRoutes } from './domains/projects/routes.ts'
import { createProjects, type Projects } from './domains/projects/service.ts'
import { type FindCaller, localCaller } from './platform/auth.ts'
import { createLog } from './platform/logging.ts'
import { type Domain, openPlatform, type Platform, serve } from './platform/server.ts'
import { howToDeclare, undeclaredDigests } from './testing-digests.ts'
import { templateName } from './testing-setup.ts'

interface Composition {
  readonly domains: readonly Domain[]
  readonly projects: Projects
}

export interface WorldOptions {
  /** What is served beside projects and artifacts. */
  readonly domains?: (platform: Platform) => readonly Domain[]
  /** Everything that is served, in place of the two above: `createApp`. */
  readonly compose?: (platform: Platform) => Composition | Promise<Composition>
  /** Environment variables of the server, e.g. `EVENKEEL_AUTH`. */
  readonly environment?: Readonly<Record<string, string>>
}

/** A whole server on a database and a data folder of its own: one per test file. */
export async function startWorld({
  domains: more = () => [],
  compose = (platform) => composeBase(platform, more(platform)),
  environment = {},
}: WorldOptions = {}) {
  const database = await createDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-world-'))
  const config = readConfig({
    EVENKEEL_PORT: '0',
    EVENKEEL_FOLDER: folder,
    EVENKEEL_DATABASE_URL: database.url,
    EVENKEEL_LOG_LEVEL: 'error',
    ...environment,
  })
  const platform = await openPlatform({ config, log: createLog({ level: config.logLevel }) })
  const start = async () => {
    const { domains, projects } = await compose(platform)
    await projects.prepareSignIn(config)
    const findCaller: FindCaller = (token) => projects.findCaller(token)
    return { projects, server: await serve(platform, domains, { findCaller, periodic: false }) }
  }
  const clear = async () => {
    await database.drop()
    await rm(folder, { recursive: true, force: true })
  }
  const { projects, server } = await start().catch(async (error: unknown) => {
    await platform.close()
    await clear()
    throw error
  })

  return {
    platform,
    projects,
    folder,
    url: server.url,
    http: server.http,

    /** For `createClient`: nobody signed in, which on loopback is the local admin. */
    clientOptions: (): ClientOptions => ({ baseUrl: server.url }),
    /** For `createClient`: a new user with these roles. */
    async asRole(...roles: Role[]): Promise<ClientOptions> {
      const { name } = await projects.createUser(localCaller, { name: `${roles[0]}-${randomUUID()}`, roles })
      const { token } = await projects.createToken(localCaller, name, { name: 'test', kind: 'user' })
      return { baseUrl: server.url, token }
    },
    /** Waits until nothing is left to do in any queue. */
    settle: (timeoutMs?: number) => platform.events.settle(timeoutMs),
    /** Periodic jobs run only when asked. */
    runJob: (name: string) => platform.events.runJob(name),

    async stop() {
      const forgotten = await undeclaredDigests(platform.db)
      await server.stop()
      await clear()
      if (forgotten.length > 0) throw new Error(`${forgotten.join(', ')}: ${howToDeclare}`)
    },
  }
}

export type World = Awaited<ReturnType<typeof startWorld>>

function composeBase(platform: Platform, more: readonly Domain[]): Composition {
  const projects = createProjects(platform)
  const artifacts = createArtifacts({ ...platform, now: () => new Date() })
  const base: Domain[] = [
    { routes: (app) => projectsRoutes(app, projects), jobs: projects.jobs },
    { routes: (app) => artifactsRoutes(app, artifacts), jobs: artifacts.jobs },
  ]
  return { projects, domains: [...base, ...more] }
}

/** A copy of the template; `drop` also ends who is still connected. */
export async function createDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = inject('postgresUrl')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await administer(server, `create database ${name} template ${templateName}`)
  const url = new URL(server)
  url.pathname = name
  return { url: url.href, drop: () => administer(server, `drop database ${name} with (force)`) }
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
