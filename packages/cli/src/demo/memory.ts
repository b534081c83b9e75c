import { readFileSync } from 'node:fs'

const SAMPLE_EVERY_MS = 500

/**
 * Watches the memory that this process and everything below the given roots take: their anonymous pages, and shared
 * memory once. Pages of files (programs, libraries) are the system's cache and do not count. Linux only; elsewhere the
 * figure stays null.
 */
export function watchMemory(roots: () => readonly number[]) {
  let peakBytes: number | null = null
  const timer = setInterval(sample, SAMPLE_EVERY_MS)
  timer.unref()

  function sample(): void {
    const sizes = family([process.pid, ...roots()]).map(residentKiB)
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
function family(roots: readonly number[]): number[] {
  const below = roots.map((root) => family(childrenOf(root)))
  return [...new Set([...roots, ...below.flat()])]
}

const childrenOf = (pid: number): number[] =>
  read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)

function residentKiB(pid: number): { anonymous: number; shared: number } {
  const status = read(`/proc/${pid}/status`)
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0)
  return { anonymous: field('RssAnon'), shared: field('RssShmem') }
}

/** The empty text when the process is gone. These files are in memory, so reading them waits for nothing. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
