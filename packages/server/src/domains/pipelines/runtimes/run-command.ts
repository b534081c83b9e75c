import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, open, readFile } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import { RuntimeProblem } from './runtime-kind.ts'

export interface Setting {
  readonly folder: string
  /** All that it writes is appended here. */
  readonly logPath: string
  /** Its whole environment. */
  readonly variables: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Ends it, and what it has started. */
  readonly signal: AbortSignal
}

/**
 * Runs a command of a build to its end.
 *
 * @throws RuntimeProblem when it fails, with the end of its log; the reason of the signal when that comes first
 */
export async function runCommand(command: readonly string[], setting: Setting): Promise<void> {
  setting.signal.throwIfAborted()
  await appendFile(setting.logPath, `$ ${command.join(' ')}\n`)
  const startedAt = Date.now()
  const { code, signal, isLate } = await watch(command, setting)
  setting.signal.throwIfAborted()
  if (code === 0) return
  const program = command[0]!.slice(command[0]!.lastIndexOf('/') + 1)
  const log = await readFile(setting.logPath, 'utf8')
  const tail = tailOf(log)
  if (isLate) {
    const took = Math.round((Date.now() - startedAt) / 1000)
    throw new RuntimeProblem('infrastructure', `${program} was stopped after ${took} s. It said last:\n${tail}`)
  }
  const how = code === null ? `was killed by ${signal}` : `ended with exit code ${code}`
  const fault = code === null || isOutage(log) ? 'infrastructure' : 'config'
  throw new RuntimeProblem(fault, `${program} ${how}. It said last:\n${tail}`)
}

interface End {
  readonly code: number | null
  readonly signal: string | null
  readonly isLate: boolean
}

async function watch([program, ...args]: readonly string[], setting: Setting): Promise<End> {
  const log = await open(setting.logPath, 'a')
  let isLate = false
  try {
    // A group of its own, so that what it starts ends with it.
    const stdio = ['ignore', log.fd, log.fd] as ['ignore', number, number]
    const child = spawn(program!, args, { cwd: setting.folder, env: setting.variables, detached: true, stdio })
    const end = () => killGroup(child.pid)
    const timer = setTimeout(() => {
      isLate = true
      end()
    }, setting.timeoutMs)
    setting.signal.addEventListener('abort', end)
    try {
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
      return { code, signal, isLate }
    } finally {
      clearTimeout(timer)
      setting.signal.removeEventListener('abort', end)
    }
  } finally {
    await log.close()
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

const tailLines = 12
const tailLimit = 1500

/** The last lines that say something, without colours. */
function tailOf(log: string): string {
  const lines = stripVTControlCharacters(log)
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines.slice(-tailLines).join('\n').slice(-tailLimit)
}

/** What pip, uv and npm say when the network, or the disk, is to blame and not the lock file. */
const outages = [
  /New ?ConnectionError|Connect ?Timeout|Read ?Timeout|ProxyError|Max retries exceeded/i,
  /connection (was )?(refused|reset|timed out|aborted|broken|closed)/i,
  /name resolution|name or service not known|dns error|error sending request|operation timed out/i,
  /EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET/,
  /network (is )?(unreachable|timeout)|server error \(5\d\d|\b50[0234] (Server Error|Bad Gateway|Service Unavailable)|\bE50\d\b/i,
  /no space left on device|ENOSPC|disk quota exceeded/i,
]

/** Whether another try may end otherwise. */
const isOutage = (text: string): boolean => outages.some((pattern) => pattern.test(text))
