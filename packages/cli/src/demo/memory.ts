import { readFile, readdir } from 'node:fs/promises'

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
  const names = await readdir('/proc').catch(() => [])
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = new Map<number, number>()
  await Promise.all(pids.map(async (pid) => parents.set(pid, await parentOf(pid))))
  const members = new Set(roots)
  for (let grew = true; grew;) {
    const before = members.size
    for (const [pid, parent] of parents) if (members.has(parent)) members.add(pid)
    grew = members.size > before
  }
  return [...members]
}

async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name may hold spaces and brackets; the fields start after its last bracket.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}

async function residentKiB(pid: number): Promise<{ anonymous: number; shared: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)
  return { anonymous: field('RssAnon'), shared: field('RssShmem') }
}
