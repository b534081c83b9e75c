import { RuntimePackage, RuntimeKind as KindName } from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isErrno } from '../../../platform/errors.ts'
import { identityOf, isAlive } from '../executors/local/identity.ts'
import { removeTree } from './tree.ts'

/** What an environment is built from, written before anything else. */
const Facts = z.object({
  kind: KindName,
  wanted: z.string().nullable(),
  tool: z.string(),
  lock: z.object({ path: z.string(), digest: z.string() }),
  createdAt: z.string(),
})
export type Facts = z.infer<typeof Facts>

/** Written last, and at once: without it nothing of an environment is ever used. */
const Ready = z.object({
  /** The folder below that of the environment where it lies. */
  site: z.string(),
  version: z.string(),
  packages: z.array(RuntimePackage),
  sizeBytes: z.int(),
  buildMs: z.number(),
})
export type Ready = z.infer<typeof Ready>

const Failed = z.object({ reason: z.string() })
const Builder = z.object({ pid: z.int(), start: z.string(), boot: z.string() })

/** All that lies in the folder of one environment, named by the digits of its digest. */
export function openShelf(root: string, digits: string) {
  const home = join(root, digits)
  const at = (name: string) => join(home, name)

  return {
    logPath: at('build.log'),
    siteOf: ({ site }: Pick<Ready, 'site'>): string => at(site),

    facts: () => readJson(at('runtime.json'), Facts),
    ready: () => readJson(at('ready.json'), Ready),
    failed: () => readJson(at('failed.json'), Failed),

    /** Epoch milliseconds; `undefined` when it was never used. */
    usedAt: () =>
      stat(at('used')).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      ),

    async touch(now: Date): Promise<void> {
      await writeFile(at('used'), '', { flag: 'a' })
      await utimes(at('used'), now, now)
    },

    /**
     * Becomes the one who builds; of any number of callers in any processes one does. A builder who died holds up
     * nobody: whoever finds that takes the next number, which can be taken once. Look afterwards whether it is ready.
     */
    async claim(facts: Facts): Promise<boolean> {
      await mkdir(home, { recursive: true })
      const numbers = await claims()
      if (await isBuilding()) return false
      const own = JSON.stringify(await identityOf(process.pid))
      if (!(await createOnce(at(claimName((numbers.at(-1) ?? 0) + 1)), own))) return false
      await replace(at('runtime.json'), JSON.stringify(facts))
      return true
    },

    isBuilding,

    async publish(ready: Ready): Promise<void> {
      await rm(at('failed.json'), { force: true })
      await replace(at('ready.json'), JSON.stringify(ready))
    },

    async fail(reason: string): Promise<void> {
      await replace(at('failed.json'), JSON.stringify({ reason }))
    },

    async release(): Promise<void> {
      // The own number last: until then nobody else can take one.
      for (const number of await claims()) await rm(at(claimName(number)), { force: true })
    },

    /** Removes what was begun and never became ready; the one who builds must be the caller. */
    async tidy(): Promise<void> {
      const ready = await readJson(at('ready.json'), Ready)
      const sites = (await readdir(home, { withFileTypes: true })).filter((entry) => entry.isDirectory())
      for (const { name } of sites) if (name !== ready?.site) await removeTree(at(name))
    },

    /** Goes at once for everybody who looks, and then from the disk. */
    async remove(): Promise<void> {
      const trash = join(root, `.trash-${randomUUID()}`)
      await rename(home, trash)
      await removeTree(trash)
    },

    async forget(): Promise<void> {
      await rm(at('ready.json'), { force: true })
    },
  }

  async function claims(): Promise<number[]> {
    const names = await readdir(home).catch(() => [])
    return names
      .flatMap((name) => /^building\.(\d+)$/.exec(name)?.[1] ?? [])
      .map(Number)
      .toSorted((a, b) => a - b)
  }

  async function isBuilding(): Promise<boolean> {
    const last = (await claims()).at(-1)
    const builder = last === undefined ? undefined : await readJson(at(claimName(last)), Builder)
    return builder !== undefined && (await isAlive(builder))
  }
}
const claimName = (number: number) => `building.${number}`

export type Shelf = ReturnType<typeof openShelf>

/** The digits of every environment in a folder. */
export async function listShelves(root: string): Promise<string[]> {
  const names = await readdir(root).catch(() => [])
  return names.filter((name) => /^[0-9a-f]{64}$/.test(name))
}

/** What a crash left of removals. */
export async function emptyTrash(root: string): Promise<void> {
  const names = await readdir(root).catch(() => [])
  for (const name of names) if (name.startsWith('.trash-')) await removeTree(join(root, name))
}

/** @returns whether it was not there; whoever reads it sees all of the text */
async function createOnce(path: string, text: string): Promise<boolean> {
  const part = `${path}.${randomUUID()}`
  await writeFile(part, text)
  try {
    await link(part, path)
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(part, { force: true })
  }
}

/** Whoever reads sees the old file or the new one, never a part. */
async function replace(path: string, text: string): Promise<void> {
  const part = `${path}.${randomUUID()}`
  await writeFile(part, text)
  await rename(part, path)
}

/** `undefined` when there is none, or none that can be read. */
async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
