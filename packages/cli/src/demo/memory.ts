import { readFile } from 'node:fs/promises'

const SAMPLE_EVERY_MS = 500

/**
 * Watches the memory that this process and everything below the given roots take: their anonymous pages, and shared
 * memory once. Pages of files (programs, libraries) are the system's cache and do not count. Linux only; elsewhere the
 * figure stays null.
 */
export function watchMemory(roots: () => readonly number[]) {
  let peakBytes: number | null = null
  const timer = setInterval(() => void sample(), SAMPLE_EVERY_MS)
  timer.unref()

  async function sample(): Promise<void> {
    const pids = await family([process.pid, ...roots()])
    const sizes = await Promise.all(pids.map(residentKiB))
    const own = sizes.reduce((sum, { anonymous }) => sum + anonymous, 0)
    const shared = Math.max(0, ...sizes.map((size) => size.shared))
    const total = (own + shared) * 1024
    if (total > 0) peakBytes = Math.max(peakBytes ?? 0, total)
  }

  return {
    stop(): number | null {
      clearInterval(timer)
      return peakBytes
    },
  }
}

/** The roots with all their descendants. */
async function family(roots: readonly number[]): Promise<number[]> {
  const below = await Promise.all(roots.map(async (root) => family(await childrenOf(root))))
  return [...new Set([...roots, ...below.flat()])]
}

async function childrenOf(pid: number): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return list.split(' ').filter(Boolean).map(Number)
}

async function residentKiB(pid: number): Promise<{ anonymous: number; shared: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)
  return { anonymous: field('RssAnon'), shared: field('RssShmem') }
}
