import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Peer {
  readonly name: string
  /** Milliseconds per step; undefined when skipped. */
  readonly sequentialMs?: number
  readonly parallelMs?: number
  /** Why it was not measured. */
  readonly skipped?: string
}

const run = promisify(execFile)
const limitMs = 300_000

/** The same graphs of `true` on other orchestrators, each as its own local run does it. */
export async function measurePeers(stepCount: number): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const name of ['prefect', 'dagster']) peers.push(await measure(name, stepCount))
  return peers
}

async function measure(name: string, stepCount: number): Promise<Peer> {
  const python = process.env['PYTHON'] ?? 'python3'
  const installed = await run(python, ['-c', `import ${name}`]).then(
    () => true,
    () => false,
  )
  if (!installed) return { name, skipped: `${python} has no module ${name}; pip install ${name}` }
  const script = fileURLToPath(new URL(`peers/${name}_peer.py`, import.meta.url))
  try {
    const { stdout } = await run(python, [script, String(stepCount)], { timeout: limitMs, maxBuffer: 64 * 1024 ** 2 })
    const { sequentialMs, parallelMs } = JSON.parse(lastLine(stdout)) as Record<string, number>
    return { name, sequentialMs: sequentialMs!, parallelMs: parallelMs! }
  } catch (error) {
    return { name, skipped: `it does not run here: ${lastLine((error as Error).message)}` }
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)!
