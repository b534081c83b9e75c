import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { CannotFetch } from './address.ts'

/** How git is started: it sees nothing of the server but what stands here. */
export interface GitSetting {
  readonly program: string
  /** A bare repository of its own, which goes when it has been read. */
  readonly folder: string
  readonly searchPath: string
  /** `user:token`, or a token alone. */
  readonly credentials: string | undefined
  /** See `pinnedHost`. */
  readonly pin: string | undefined
  readonly caFile: string | undefined
  readonly timeoutMs: number
  /** Of one file that git writes: all that it fetches is one. */
  readonly fileLimitBytes: number
}

const mostErrorBytes = 4000

/**
 * Runs git to its end, and everything it starts with it.
 *
 * @param input - what it reads
 * @returns what it wrote
 * @throws CannotFetch when it fails, takes too long or writes more than it may
 */
export async function git(setting: GitSetting, args: readonly string[], input = ''): Promise<Buffer> {
  const blocks = Math.ceil(setting.fileLimitBytes / 512)
  // A limit of the shell holds for what it becomes.
  const script = `ulimit -f ${blocks}; exec "$0" "$@"`
  const child = spawn('/bin/sh', ['-c', script, setting.program, '-C', setting.folder, ...args], {
    env: environmentOf(setting),
    detached: true,
    stdio: 'pipe',
  })
  const written: Buffer[] = []
  let error = ''
  let isLate = false
  child.stdout.on('data', (chunk: Buffer) => written.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => (error = (error + chunk.toString()).slice(-mostErrorBytes)))
  // It may end without having read all.
  child.stdin.on('error', () => undefined).end(input)
  const timer = setTimeout(() => {
    isLate = true
    killGroup(child.pid)
  }, setting.timeoutMs)
  const [code] = (await once(child, 'close').finally(() => clearTimeout(timer))) as [number | null]
  if (code === 0) return Buffer.concat(written)
  throw new CannotFetch(isLate ? `git was stopped after ${setting.timeoutMs / 1000} s.` : reasonOf(error, setting))
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** Settings by variables, so that no list of processes shows them. */
function environmentOf({ searchPath, folder, credentials, pin, caFile }: GitSetting): Record<string, string> {
  const settings: readonly (readonly [string, string])[] = [
    ['core.hooksPath', '/dev/null'],
    ['credential.helper', ''],
    ['fetch.recurseSubmodules', 'false'],
    ['fetch.unpackLimit', '1'],
    ['gc.auto', '0'],
    ['http.followRedirects', 'false'],
    ['http.lowSpeedLimit', '1000'],
    ['http.lowSpeedTime', '20'],
    ['http.proxy', ''],
    ['protocol.version', '2'],
    ...(pin === undefined ? [] : [['http.curloptResolve', pin] as const]),
    ...(caFile === undefined ? [] : [['http.sslCAInfo', caFile] as const]),
    ...(credentials === undefined ? [] : [['http.extraHeader', `Authorization: ${basic(credentials)}`] as const]),
  ]
  return {
    PATH: searchPath,
    HOME: folder,
    LC_ALL: 'C',
    GIT_ALLOW_PROTOCOL: 'https',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], at) => [
        [`GIT_CONFIG_KEY_${at}`, key],
        [`GIT_CONFIG_VALUE_${at}`, value],
      ]),
    ),
  }
}

const basic = (credentials: string): string =>
  `Basic ${Buffer.from(credentials.includes(':') ? credentials : `git:${credentials}`).toString('base64')}`

const reasons: readonly (readonly [RegExp, string])[] = [
  [
    /File too large|file size limit|invalid index-pack output|signal 25/i,
    'The repository is too large: all of the commit is fetched.',
  ],
  [
    /not our ref|unadvertised object|no such remote ref|couldn't find remote ref/i,
    'The repository has no such commit.',
  ],
  [
    /Authentication failed|could not read Username|returned error: 40[13]/i,
    'The repository asks for other credentials.',
  ],
  [
    /unable to update url base from redirection|redirect|returned error: 30\d/i,
    'The address leads on to another one; name that, often with ".git".',
  ],
  [
    /returned error: 404|not found|does not appear to be a git repository/i,
    'There is no repository at this address, or none for these credentials.',
  ],
  [/certificate|SSL/i, 'The certificate of the host is not trusted; EVENKEEL_GIT_CA_FILE names one that is.'],
  [/Could not resolve host/i, 'The host cannot be found.'],
  [/Failed to connect|Connection refused|timed out|Operation too slow/i, 'The host does not answer.'],
]

function reasonOf(error: string, { credentials }: GitSetting): string {
  const known = reasons.find(([pattern]) => pattern.test(error))
  if (known) return known[1]
  const masked = credentials === undefined ? error : error.replaceAll(credentials, '***')
  return `git says: ${masked.trim().split('\n').at(-1) || 'nothing, and fails'}`
}
