import { type ResultOf, type Runtime, type runtimes as endpoints, runtimesErrors } from '@evenkeel/contract'
import type { Caller } from '../../../platform/auth.ts'
import { failures } from '../../../platform/errors.ts'
import { type Job, periodic } from '../../../platform/jobs.ts'
import { refuseStep } from '../refuse-step.ts'
import { type Environments, type Listed, usedMs } from './environments.ts'

const fail = failures(runtimesErrors)

export interface Runtimes {
  list(): Promise<ResultOf<typeof endpoints.list>>
  get(runtime: string): Promise<ResultOf<typeof endpoints.get>>
  remove(caller: Caller, runtime: string): Promise<Runtime>
  prune(caller: Caller, olderThanSeconds: number): Promise<Runtime[]>
  readonly jobs: readonly Job[]
}

export interface RuntimesNeeds {
  readonly environments: Environments
  /** Live attempts of this host by the digest of their environment. */
  readonly uses: () => Promise<ReadonlyMap<string, number>>
  /** Names the job that tidies up here. */
  readonly host: string
  readonly limitBytes: number
  readonly now: () => Date
}

export function createRuntimes({ environments, uses, host, limitBytes, now }: RuntimesNeeds): Runtimes {
  const present = (listed: Listed, used: ReadonlyMap<string, number>): Runtime => ({
    ...listed,
    useCount: used.get(listed.digest) ?? 0,
  })

  async function all(): Promise<Runtime[]> {
    const used = await uses()
    return (await environments.list()).map((listed) => present(listed, used))
  }

  async function find(runtime: string): Promise<Runtime> {
    const digits = runtime.replace(/^sha256:/, '')
    const [found, ...more] = (await all()).filter(({ digest }) => digest.startsWith(`sha256:${digits}`))
    if (!found || more.length > 0) throw fail('runtimes.not_found', { runtime })
    return found
  }

  const removeUnused = ({ digest }: Runtime): Promise<boolean> =>
    environments.remove(digest, async () => !(await uses()).has(digest))

  async function removeThose(unwanted: readonly Runtime[]): Promise<Runtime[]> {
    const removed: Runtime[] = []
    for (const one of unwanted) if (await removeUnused(one)) removed.push(one)
    return removed
  }

  /** What the tools keep saves only a download, so it goes first; then what nobody has used for longest. */
  async function keepLimit(): Promise<void> {
    const items = await all()
    let sizeBytes = items.reduce((sum, one) => sum + (one.sizeBytes ?? 0), 0)
    if (sizeBytes + (await environments.cacheSize()) <= limitBytes) return
    await environments.dropCaches()
    for (const one of items.toReversed()) {
      if (sizeBytes <= limitBytes) return
      if (await removeUnused(one)) sizeBytes -= one.sizeBytes ?? 0
    }
  }

  return {
    list: async () => ({ items: await all(), limitBytes }),

    async get(runtime) {
      const found = await find(runtime)
      return { ...found, ...(await environments.packagesAndLog(found.digest)) }
    },

    async remove(caller, runtime) {
      refuseStep(caller)
      const found = await find(runtime)
      if (await removeUnused(found)) return found
      throw fail('runtimes.in_use', { runtime: found.digest, useCount: found.useCount })
    },

    async prune(caller, olderThanSeconds) {
      refuseStep(caller)
      const since = now().getTime() - olderThanSeconds * 1000
      return removeThose((await all()).filter((one) => usedMs(one) <= since))
    },

    // Each host has environments of its own, and of several servers one runs a job of one name.
    jobs: [periodic(`pipelines.runtimes.${host}`, 3600, keepLimit)],
  }
}
