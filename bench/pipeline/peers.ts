import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

interface PeerKind {
  readonly name: string
  /** What a step is there: a function called in one long process, or a process of its own, as with us. */
  readonly steps: 'functions' | 'processes'
  readonly module: 'prefect' | 'dagster' | 'zenml'
  readonly script: string
  /** Which of its ways to run, where the script knows several. */
  readonly mode?: string
  /** Of the steps that we run; those that take seconds each run fewer. */
  readonly share: number
}

export interface Peer extends PeerKind {
  /** Milliseconds per step; undefined when skipped. */
  readonly sequentialMs?: number
  /** Undefined where the local run knows no steps side by side. */
  readonly parallelMs?: number
  /** Why it was not measured. */
  readonly skipped?: string
}

const dagster = { module: 'dagster', script: 'dagster_peer.py' } as const
const kinds: readonly PeerKind[] = [
  { name: 'Prefect', steps: 'functions', module: 'prefect', script: 'prefect_peer.py', share: 1 },
  { name: 'Dagster, in_process', steps: 'functions', ...dagster, mode: 'in_process', share: 1 },
  { name: 'ZenML, local', steps: 'functions', module: 'zenml', script: 'zenml_peer.py', share: 0.2 },
  { name: 'Dagster, as it comes', steps: 'processes', ...dagster, mode: 'multiprocess', share: 0.1 },
]

const run = promisify(execFile)
const limitMs = 300_000

/** The same graphs of `true` on other orchestrators, each as its own local run does it. */
export async function measurePeers(stepCount: number): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const kind of kinds) peers.push(await measure(kind, Math.max(2, Math.round(stepCount * kind.share))))
  return peers
}

async function measure(kind: PeerKind, stepCount: number): Promise<Peer> {
  const { module, script, mode } = kind
  // They do not get on with each other's libraries: PYTHON_DAGSTER names the Python that has Dagster.
  const python = process.env[`PYTHON_${module.toUpperCase()}`] ?? process.env['PYTHON'] ?? 'python3'
  const installed = await run(python, ['-c', `import ${module}`]).then(
    () => true,
    () => false,
  )
  if (!installed) return { ...kind, skipped: `${python} has no module ${module}; pip install ${module}` }
  const path = fileURLToPath(new URL(`peers/${script}`, import.meta.url))
  try {
    const args = [path, String(stepCount), ...(mode === undefined ? [] : [mode])]
    const { stdout } = await run(python, args, { timeout: limitMs, maxBuffer: 64 * 1024 ** 2 })
    return { ...kind, ...(JSON.parse(lastLine(stdout)) as Pick<Peer, 'sequentialMs' | 'parallelMs'>) }
  } catch (error) {
    return { ...kind, skipped: `it does not run here: ${lastLine((error as Error).message)}` }
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)!
