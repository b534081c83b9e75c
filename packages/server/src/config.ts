import { collectionGraceHours } from '@evenkeel/contract'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'

const Environment = z.object({
  EVENKEEL_HOST: z.string().min(1).default('127.0.0.1'),
  EVENKEEL_PORT: z.coerce.number().int().min(0).max(65_535).default(7070),
  EVENKEEL_FOLDER: z.string().min(1).default('.evenkeel'),
  EVENKEEL_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  EVENKEEL_DATABASE_WAIT_SECONDS: z.coerce.number().min(0).max(3600).default(0),
  EVENKEEL_QUERY_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  EVENKEEL_BLOB_URL: z.url().optional(),
  EVENKEEL_BLOB_CACHE_GIB: z.coerce.number().positive().max(1_000_000).default(20),
  EVENKEEL_GC: z.enum(['nightly', 'off']).default('nightly'),
  EVENKEEL_GC_GRACE_HOURS: z.coerce.number().min(collectionGraceHours.least).max(collectionGraceHours.most).default(24),
  EVENKEEL_TARGETS: z.string().min(1).optional(),
  EVENKEEL_AUTH: z.enum(['none', 'required']).default('none'),
  EVENKEEL_ALLOWED_HOSTS: z.string().default(''),
  EVENKEEL_INIT_TOKEN: z.string().min(24).optional(),
  EVENKEEL_INIT_TOKEN_FILE: z.string().min(1).optional(),
  EVENKEEL_DEMO: z.enum(['0', '1']).default('0'),
  EVENKEEL_RUNTIMES_MAX_GIB: z.coerce.number().positive().max(1_000_000).default(20),
  EVENKEEL_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  EVENKEEL_REPOSITORY_URL: z.url({ protocol: /^https?$/ }).optional(),
  EVENKEEL_LINEAGE_VARIABLES: z.string().default(''),
  EVENKEEL_LINEAGE_PRIVATE_TARGETS: z.enum(['0', '1']).default('0'),
  EVENKEEL_WEBHOOK_PRIVATE_TARGETS: z.enum(['0', '1']).default('0'),
  EVENKEEL_BUCKET_PRIVATE_TARGETS: z.enum(['0', '1']).default('0'),
  EVENKEEL_GIT_PRIVATE_TARGETS: z.enum(['0', '1']).default('0'),
  EVENKEEL_GIT_CA_FILE: z.string().min(1).optional(),
  EVENKEEL_WATCH_ROOTS: z.string().default(''),
  EVENKEEL_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

/** How the software environments of steps are built and kept. */
interface RuntimesConfig {
  readonly limitBytes: number
  /** Where tools are looked for, as in PATH. */
  readonly searchPath: string
  /** What the tools get of the environment of the server. */
  readonly variables: Readonly<Record<string, string>>
}

export interface Config {
  readonly version: string
  readonly host: string
  readonly port: number
  /** The data folder, an absolute path. */
  readonly folder: string
  /** Absent when the PostgreSQL of the data folder is used. */
  readonly databaseUrl: string | undefined
  /** How long a start waits for a database that does not answer yet. */
  readonly databaseWaitMs: number
  /** For queries of people: a role that may only read the views. Absent: the server makes one. */
  readonly queryDatabaseUrl: string | undefined
  readonly blobUrl: string
  /** Most that copies of blobs which lie elsewhere take of this disk. */
  readonly blobCacheBytes: number
  /** Whether content that nothing refers to goes every night, and how long it stays after it was last stored. */
  readonly collecting: { readonly nightly: boolean; readonly graceHours: number }
  /** Where steps may run beside this machine; `isAsked`: somebody named the file, so it has to be there. */
  readonly targetsFile: { readonly path: string; readonly isAsked: boolean }
  /** Whether a request without a token is refused. */
  readonly signIn: 'none' | 'token'
  /** Host names under which the server answers, beside the loopback ones. */
  readonly allowedHosts: readonly string[]
  /** Becomes a token of the first admin. */
  readonly initToken: string | undefined
  readonly runtimes: RuntimesConfig
  readonly demo: boolean
  /** Address under which others reach this server, without a slash at the end. */
  readonly publicUrl: string | undefined
  /** Where the code of pipelines can be looked at. */
  readonly repositoryUrl: string | undefined
  readonly lineage: {
    /** Variables of steps that lineage may show to others. */
    readonly shownVariables: readonly string[]
    /** Whether events may be sent to this machine and to private networks. */
    readonly privateTargets: boolean
  }
  /** Whether webhooks may lead to this machine and to private networks. */
  readonly privateWebhooks: boolean
  /** Absolute paths of folders; triggers may watch what lies in them. */
  readonly watchRoots: readonly string[]
  /** Whether buckets that triggers watch may lie on this machine and in private networks. */
  readonly privateBuckets: boolean
  /** Git repositories that steps come from. */
  readonly git: {
    /** Whether they may lie on this machine and in private networks. */
    readonly privateTargets: boolean
    /** Certificates to trust, as PEM, in place of those of the machine. */
    readonly caFile: string | undefined
  }
  readonly logLevel: string
}

/**
 * Reads the environment once, at the start; nothing else does.
 *
 * @throws Error naming the variable, what is wrong with it and how to set it
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const parsed = Environment.safeParse(environment)
  if (!parsed.success) throw new Error(`The environment is not usable. ${z.prettifyError(parsed.error)}`)
  const read = parsed.data
  const folder = resolve(read.EVENKEEL_FOLDER)
  if (!isLoopback(read.EVENKEEL_HOST) && read.EVENKEEL_AUTH !== 'required')
    throw new Error(openToAll(read.EVENKEEL_HOST))
  return {
    version: version(),
    host: read.EVENKEEL_HOST,
    port: read.EVENKEEL_PORT,
    folder,
    databaseUrl: read.EVENKEEL_DATABASE_URL,
    databaseWaitMs: read.EVENKEEL_DATABASE_WAIT_SECONDS * 1000,
    queryDatabaseUrl: read.EVENKEEL_QUERY_DATABASE_URL,
    blobUrl: read.EVENKEEL_BLOB_URL ?? pathToFileURL(join(folder, 'blobs')).href,
    blobCacheBytes: Math.round(read.EVENKEEL_BLOB_CACHE_GIB * 1024 ** 3),
    collecting: { nightly: read.EVENKEEL_GC === 'nightly', graceHours: read.EVENKEEL_GC_GRACE_HOURS },
    targetsFile: {
      path: resolve(read.EVENKEEL_TARGETS ?? join(folder, 'targets.json')),
      isAsked: read.EVENKEEL_TARGETS !== undefined,
    },
    signIn: read.EVENKEEL_AUTH === 'required' ? 'token' : 'none',
    allowedHosts: [read.EVENKEEL_HOST, ...read.EVENKEEL_ALLOWED_HOSTS.split(',')].flatMap((host) => host.trim() || []),
    initToken: read.EVENKEEL_INIT_TOKEN ?? readToken(read.EVENKEEL_INIT_TOKEN_FILE),
    runtimes: runtimesConfig(environment, read.EVENKEEL_RUNTIMES_MAX_GIB),
    demo: read.EVENKEEL_DEMO === '1',
    publicUrl: read.EVENKEEL_PUBLIC_URL?.replace(/\/+$/, ''),
    repositoryUrl: read.EVENKEEL_REPOSITORY_URL,
    lineage: {
      shownVariables: read.EVENKEEL_LINEAGE_VARIABLES.split(',').flatMap((name) => name.trim() || []),
      privateTargets: read.EVENKEEL_LINEAGE_PRIVATE_TARGETS === '1',
    },
    privateWebhooks: read.EVENKEEL_WEBHOOK_PRIVATE_TARGETS === '1',
    watchRoots: watchRoots(read.EVENKEEL_WATCH_ROOTS),
    privateBuckets: read.EVENKEEL_BUCKET_PRIVATE_TARGETS === '1',
    git: {
      privateTargets: read.EVENKEEL_GIT_PRIVATE_TARGETS === '1',
      caFile: read.EVENKEEL_GIT_CA_FILE && resolve(read.EVENKEEL_GIT_CA_FILE),
    },
    logLevel: read.EVENKEEL_LOG_LEVEL,
  }
}

/** Proxies and package indexes; nothing else of the server reaches a build. */
const buildVariables = [
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
  'PIP_INDEX_URL',
  'UV_INDEX_URL',
  'npm_config_registry',
]

function runtimesConfig(environment: NodeJS.ProcessEnv, limitGiB: number): RuntimesConfig {
  const given = buildVariables.flatMap((name) => (environment[name] ? [[name, environment[name]] as const] : []))
  // A service is often started with a short PATH; this is where uv and pipx put programs.
  const usual = [join(homedir(), '.local/bin'), '/usr/local/bin', '/usr/bin', '/bin']
  return {
    limitBytes: Math.round(limitGiB * 1024 ** 3),
    searchPath: [environment['PATH'] ?? '', ...usual].join(':'),
    variables: Object.fromEntries(given),
  }
}

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

const openToAll = (host: string) =>
  `EVENKEEL_HOST is ${host}, which others can reach, and no sign-in is set up. Set EVENKEEL_AUTH=required and ` +
  'EVENKEEL_INIT_TOKEN (or EVENKEEL_INIT_TOKEN_FILE) to a secret of 24 characters or more, or bind to 127.0.0.1.'

function readToken(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  const token = readFileSync(file, 'utf8').trim()
  if (token.length >= 24) return token
  throw new Error(
    `The token in EVENKEEL_INIT_TOKEN_FILE (${file}) is shorter than 24 characters. Put a longer one there.`,
  )
}

function watchRoots(written: string): string[] {
  const roots = written.split(':').filter(Boolean)
  const relative = roots.find((root) => !isAbsolute(root))
  if (relative === undefined) return roots
  throw new Error(
    `EVENKEEL_WATCH_ROOTS names "${relative}", which is no absolute path. Write it from the root, as /data.`,
  )
}

const version = () =>
  (JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }).version
