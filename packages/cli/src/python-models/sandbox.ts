import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A way to run a command apart from everything else on this machine. */
export interface Sandbox {
  readonly name: 'bubblewrap' | 'unshare' | 'process'
  /** What it keeps the command from, for the person at the terminal. */
  readonly says: string
  readonly forbidsNetwork: boolean
  /** The command that runs another one in it; only the folder may be written. */
  readonly wrap: (command: readonly string[], folder: string) => readonly string[]
}

/** The strictest first; each needs something of the machine that it may not have. */
export const sandboxes: readonly Sandbox[] = [
  {
    name: 'bubblewrap',
    says: 'in bubblewrap: no network, and only its own folder can be written',
    forbidsNetwork: true,
    wrap: (command, folder) => {
      const apart = ['--unshare-all', '--die-with-parent', '--new-session', '--ro-bind', '/', '/']
      const own = ['--dev', '/dev', '--proc', '/proc', '--bind', folder, folder, '--chdir', folder]
      return ['bwrap', ...apart, ...own, '--', ...command]
    },
  },
  {
    name: 'unshare',
    says: 'in namespaces of its own: no network; files of yours could be read and written (bubblewrap, installed, forbids that too)',
    forbidsNetwork: true,
    wrap: (command) => {
      const apart = ['--user', '--map-root-user', '--net', '--ipc', '--pid', '--fork', '--kill-child']
      return ['unshare', ...apart, '--', ...command]
    },
  },
  {
    name: 'process',
    says: 'in a separate process only: this machine has neither bubblewrap nor namespaces to offer, so network and files could be reached',
    forbidsNetwork: false,
    wrap: (command) => command,
  },
]

/** The strictest sandbox that works here: that a program is installed does not say that it may. */
export async function findSandbox(folder: string): Promise<Sandbox> {
  for (const sandbox of sandboxes) {
    const [program, ...args] = sandbox.wrap([process.execPath, '--version'], folder)
    const works = await run(program!, args, { timeout: 10_000 }).then(
      () => true,
      () => false,
    )
    if (works) return sandbox
  }
  throw new Error('No process can be started here.')
}

export interface SandboxedEnd {
  /** Null when it was killed. */
  readonly exitCode: number | null
  readonly isLate: boolean
  /** The end of what it wrote. */
  readonly tail: string
}

const tailLimit = 4000

/**
 * Runs a command in a folder with almost no environment, and ends all that it started.
 *
 * @param timeoutMs - after which it is killed
 */
export async function runInSandbox(
  sandbox: Sandbox,
  command: readonly string[],
  { folder, timeoutMs }: { readonly folder: string; readonly timeoutMs: number },
): Promise<SandboxedEnd> {
  const [program, ...args] = sandbox.wrap(command, folder)
  // A group of its own, so that what it starts ends with it.
  const child = spawn(program!, args, {
    cwd: folder,
    env: environmentIn(folder),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const end = () => killGroup(child.pid)
  let tail = ''
  let isLate = false
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (tail = (tail + chunk.toString()).slice(-tailLimit)))
  const timer = setTimeout(() => {
    isLate = true
    end()
  }, timeoutMs)
  const interrupted = () => {
    end()
    process.exit(130)
  }
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  try {
    const [exitCode] = (await once(child, 'exit')) as [number | null]
    return { exitCode, isLate, tail: tail.trim() }
  } finally {
    clearTimeout(timer)
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
    end()
  }
}

/** What Python needs to start, and libraries to find their own; nothing of the person who runs it. */
const environmentIn = (folder: string): Readonly<Record<string, string>> => ({
  PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  HOME: folder,
  TMPDIR: folder,
  LANG: 'C.UTF-8',
  OMP_NUM_THREADS: '2',
  OPENBLAS_NUM_THREADS: '2',
  ORT_DISABLE_TELEMETRY: '1',
  ...(process.env['LD_LIBRARY_PATH'] && { LD_LIBRARY_PATH: process.env['LD_LIBRARY_PATH'] }),
})

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
