import { canonicalJson, type Runtime, type RuntimePackage, type StepRuntime } from '@evenkeel/contract'
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../../../platform/logging.ts'
import { createQueue } from './build-queue.ts'
import { libc } from './libc.ts'
import { runCommand } from './run-command.ts'
import { type RuntimeFace, type RuntimeKind, type Tool, type WantedRuntime, wantedOf } from './runtime-kind.ts'
import { emptyTrash, type Facts, listShelves, openShelf, type Ready, type Shelf } from './shelf.ts'
import { makeReadOnly, sizeOf } from './tree.ts'

/** Which environment a step needs on this host. */
export interface Identified {
  /** `sha256:` and 64 hex digits. */
  readonly digest: string
  readonly tool: Tool
  readonly wanted: WantedRuntime
}

export interface Provided {
  readonly version: string
  readonly face: RuntimeFace
}

export type Listed = Omit<Runtime, 'useCount'>

/** The software environments of this host. */
export interface Environments {
  /** @throws RuntimeProblem when nothing here could build it */
  identify(runtime: StepRuntime): Promise<Identified>
  /**
   * Finds the environment, or builds it, or waits for whoever does.
   *
   * @param tell - hears about every two seconds what it waits for
   * @throws RuntimeProblem; the reason of the signal when that comes first, while the build goes on for others
   */
  provide(identified: Identified, tell: (says: string) => void, signal: AbortSignal): Promise<Provided>
  /** Most recently used first. */
  list(): Promise<Listed[]>
  packagesAndLog(digest: string): Promise<{ packages: RuntimePackage[]; log: string }>
  /**
   * Removes one that is not being built.
   *
   * @param mayGo - asked while nobody can begin to use it
   * @returns whether it did
   */
  remove(digest: string, mayGo: () => Promise<boolean>): Promise<boolean>
  /** What the caches of the tools take, in bytes. */
  cacheSize(): Promise<number>
  /** Empties the caches, unless somebody builds. */
  dropCaches(): Promise<void>
  /** Ends every build. */
  close(): Promise<void>
}

/** The server stops; the next one builds what was begun. */
export class EnvironmentsClosed extends Error {
  override readonly name = 'EnvironmentsClosed'
}

export interface EnvironmentsNeeds {
  readonly kinds: readonly RuntimeKind[]
  /** Everything lies there, and must not be moved: environments know their own paths. */
  readonly folder: string
  /** Reads a stored file. */
  readonly read: (digest: string) => Promise<Uint8Array>
  /** What the tools get from the environment of the server. */
  readonly variables: Readonly<Record<string, string>>
  readonly now: () => Date
  readonly log: Log
  readonly buildTimeoutMs?: number
}

/** A build in this process, for all who wait for it. */
interface Build {
  readonly result: Promise<Ready>
  says(): string
}

const buildsAtOnce = 2
const tellMs = 2000
const lookMs = 500
const logLimit = 64 * 1024

export function createEnvironments(needs: EnvironmentsNeeds): Environments {
  const { kinds, folder, now, log, buildTimeoutMs = 30 * 60_000 } = needs
  const queue = createQueue(buildsAtOnce)
  const builds = new Map<string, Build>()
  const removals = new Map<string, Promise<boolean>>()
  const leaving = new AbortController()
  const home = join(folder, 'home')

  const kindOf = ({ kind }: Pick<WantedRuntime, 'kind'>) => kinds.find((one) => one.kind === kind)!
  const shelfOf = (digest: string) => openShelf(folder, digitsOf(digest))

  async function readyNow(shelf: Shelf, wanted: WantedRuntime): Promise<Ready | undefined> {
    const ready = await shelf.ready()
    if (!ready || (await kindOf(wanted).isWhole(shelf.siteOf(ready)))) return ready
    log.warn({ environment: shelf.siteOf(ready) }, 'an environment has lost its interpreter and is built anew')
    await shelf.forget()
    return undefined
  }

  function buildOnce(identified: Identified): Build {
    const { digest, tool } = identified
    const known = builds.get(digest)
    if (known) return known
    const startedAt = now().getTime()
    const seconds = () => Math.round((now().getTime() - startedAt) / 1000)
    const result = queue.run(() => buildOrWait(identified)).finally(() => builds.delete(digest))
    const build: Build = {
      result,
      says: () => `Waiting: its environment is being built (${tool.name}, ${seconds()} s so far).`,
    }
    // Whoever waits hears of a failure; nobody may be left.
    result.catch(() => undefined)
    builds.set(digest, build)
    return build
  }

  async function buildOrWait(identified: Identified): Promise<Ready> {
    const shelf = shelfOf(identified.digest)
    for (;;) {
      leaving.signal.throwIfAborted()
      const ready = await readyNow(shelf, identified.wanted)
      if (ready) return ready
      if (await shelf.claim(factsOf(identified, now()))) break
      // Another process of this data folder builds it.
      await delay(lookMs)
    }
    try {
      return (await readyNow(shelf, identified.wanted)) ?? (await build(shelf, identified))
    } finally {
      await shelf.release()
    }
  }

  async function build(shelf: Shelf, identified: Identified): Promise<Ready> {
    await shelf.tidy()
    await rm(shelf.logPath, { force: true })
    const startedAt = performance.now()
    try {
      const site = randomUUID().slice(0, 8)
      const built = await fill(shelf, shelf.siteOf({ site }), identified)
      const sizeBytes = await sizeOf(shelf.siteOf({ site }))
      await makeReadOnly(shelf.siteOf({ site }))
      const ready = { site, ...built, packages: [...built.packages], sizeBytes, buildMs: performance.now() - startedAt }
      await shelf.publish(ready)
      return ready
    } catch (error) {
      if (!leaving.signal.aborted) await shelf.fail(error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  /** In its last place from the start: scripts and settings of an environment hold its path. */
  async function fill(shelf: Shelf, site: string, { wanted, tool }: Identified) {
    await mkdir(join(site, 'tmp'), { recursive: true })
    await mkdir(home, { recursive: true })
    for (const file of [wanted.lock, ...(wanted.manifest ? [wanted.manifest] : [])]) {
      await writeFile(join(site, basename(file.path)), await needs.read(file.digest))
    }
    const variables = variablesOf(needs.variables, home, join(site, 'tmp'), tool)
    const setting = { folder: site, logPath: shelf.logPath, timeoutMs: buildTimeoutMs, signal: leaving.signal }
    const built = await kindOf(wanted).build({
      folder: site,
      wanted,
      tool,
      run: (command, more = {}) => runCommand(command, { ...setting, variables: { ...variables, ...more } }),
    })
    await rm(join(site, 'tmp'), { recursive: true, force: true })
    return built
  }

  return {
    async identify(runtime) {
      const wanted = wantedOf(runtime)
      const tool = await kindOf(wanted).toolFor(wanted)
      return { wanted, tool, digest: digestOf(wanted, tool) }
    },

    async provide(identified, tell, signal) {
      const { digest, wanted } = identified
      await removals.get(digest)
      const shelf = shelfOf(digest)
      const ready = (await readyNow(shelf, wanted)) ?? (await follow(buildOnce(identified), tell, signal))
      await shelf.touch(now())
      return { version: ready.version, face: kindOf(wanted).faceOf(shelf.siteOf(ready)) }
    },

    async list() {
      const listed: Listed[] = []
      for (const digits of await listShelves(folder)) {
        const found = await describe(openShelf(folder, digits), `sha256:${digits}`)
        if (found) listed.push(found)
      }
      return listed.toSorted((a, b) => usedMs(b) - usedMs(a))
    },

    async packagesAndLog(digest) {
      const shelf = shelfOf(digest)
      const text = await readFile(shelf.logPath, 'utf8').catch(() => '')
      return { packages: (await shelf.ready())?.packages ?? [], log: text.slice(-logLimit) }
    },

    remove(digest, mayGo) {
      const before = removals.get(digest) ?? Promise.resolve(false)
      const removal = before
        .then(async () => {
          const shelf = shelfOf(digest)
          if (builds.has(digest) || (await shelf.isBuilding()) || !(await mayGo())) return false
          await shelf.remove()
          return true
        })
        .finally(() => {
          if (removals.get(digest) === removal) removals.delete(digest)
        })
      removals.set(digest, removal)
      return removal
    },

    cacheSize: () => sizeOf(home),

    async dropCaches() {
      await emptyTrash(folder)
      if (builds.size === 0) await rm(home, { recursive: true, force: true })
    },

    async close() {
      leaving.abort(new EnvironmentsClosed('The server stops.'))
      await Promise.allSettled([...builds.values()].map(({ result }) => result))
    },
  }
}

const digitsOf = (digest: string): string => digest.replace(/^sha256:/, '')

/** A changed lock, tool, interpreter or system is another environment; another host has its own folder. */
function digestOf({ kind, version, lock, manifest }: WantedRuntime, tool: Tool): string {
  const parts = {
    kind,
    version,
    lock: lock.digest,
    manifest: manifest?.digest ?? null,
    platform: `${process.platform}-${process.arch}`,
    libc: libc(),
    tool: tool.name,
    interpreter: tool.version,
  }
  return `sha256:${createHash('sha256').update(canonicalJson(parts)).digest('hex')}`
}

const factsOf = ({ wanted, tool }: Identified, now: Date): Facts => ({
  kind: wanted.kind,
  wanted: wanted.version,
  tool: tool.name,
  lock: { path: wanted.lock.path, digest: wanted.lock.digest },
  createdAt: now.toISOString(),
})

/** A home of their own: what the tools keep there serves the next build, and what a person keeps is not read. */
function variablesOf(given: Readonly<Record<string, string>>, home: string, tmp: string, { program }: Tool) {
  const path = [...new Set([dirname(process.execPath), dirname(program)]), '/usr/local/bin', '/usr/bin', '/bin']
  const own = { PATH: path.join(':'), HOME: home, TMPDIR: tmp, LANG: 'C.UTF-8', TZ: 'UTC', NO_COLOR: '1' }
  return { ...given, ...own }
}

/** Waits for a build; whoever leaves does not end it. */
async function follow(build: Build, tell: (says: string) => void, signal: AbortSignal): Promise<Ready> {
  signal.throwIfAborted()
  tell(build.says())
  const timer = setInterval(() => tell(build.says()), tellMs)
  const left = Promise.withResolvers<never>()
  const leave = () => left.reject(signal.reason as Error)
  signal.addEventListener('abort', leave)
  try {
    return await Promise.race([build.result, left.promise])
  } finally {
    clearInterval(timer)
    signal.removeEventListener('abort', leave)
  }
}

async function describe(shelf: Shelf, digest: string): Promise<Listed | undefined> {
  const facts = await shelf.facts()
  if (!facts) return undefined
  const [ready, failed, usedAt, isBuilding] = await Promise.all([
    shelf.ready(),
    shelf.failed(),
    shelf.usedAt(),
    shelf.isBuilding(),
  ])
  const state = ready ? 'ready' : isBuilding ? 'building' : 'failed'
  return {
    ...facts,
    digest,
    state,
    version: ready?.version ?? null,
    sizeBytes: ready?.sizeBytes ?? null,
    packageCount: ready?.packages.length ?? null,
    buildMs: ready?.buildMs ?? null,
    lastUsedAt: usedAt === undefined ? null : new Date(usedAt).toISOString(),
    reason: state === 'failed' ? (failed?.reason ?? 'Its building was cut short.') : null,
  }
}

/** One that was never used is as old as its building. */
export const usedMs = ({ lastUsedAt, createdAt }: Pick<Runtime, 'lastUsedAt' | 'createdAt'>): number =>
  Date.parse(lastUsedAt ?? createdAt)
