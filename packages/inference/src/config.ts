import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { Name } from '@evenkeel/contract'
import { z } from 'zod'

const Environment = z.object({
  EVENKEEL_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:7070'),
  EVENKEEL_TOKEN: z.string().min(1).optional(),
  EVENKEEL_NODE: Name.max(80).optional(),
  EVENKEEL_NODE_ENVIRONMENTS: z
    .string()
    .default('production')
    .transform((names) => names.split(',').map((name) => name.trim()))
    .pipe(z.array(Name).min(1)),
  EVENKEEL_NODE_FOLDER: z.string().min(1).default('.evenkeel/node'),
  EVENKEEL_INFERENCE_HOST: z.string().min(1).default('127.0.0.1'),
  EVENKEEL_INFERENCE_PORT: z.coerce.number<string>().int().min(0).max(65_535).default(7071),
  /** Where callers reach the node, when that is not its host and port. */
  EVENKEEL_INFERENCE_URL: z.url({ protocol: /^https?$/ }).optional(),
  EVENKEEL_INFERENCE_TOKEN: z.string().min(16).optional(),
  /** `none`: something in front of the node checks who calls. */
  EVENKEEL_INFERENCE_AUTH: z.enum(['none']).optional(),
  EVENKEEL_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
})

export interface Config {
  /** Of the control plane. */
  readonly url: string
  readonly token: string | undefined
  readonly node: string
  readonly environments: readonly string[]
  readonly folder: string
  readonly host: string
  readonly port: number
  readonly publicUrl: string | undefined
  readonly callerToken: string | undefined
  readonly logLevel: string
}

/**
 * Reads the configuration from environment variables; an empty one counts as absent.
 *
 * @throws Error that names the variable and what it should be
 */
export function readConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const parsed = Environment.safeParse(present)
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
  }
  const { data } = parsed
  checkAuth(data)
  return {
    url: data.EVENKEEL_URL,
    token: data.EVENKEEL_TOKEN,
    node: data.EVENKEEL_NODE ?? nameOfHost(),
    environments: [...new Set(data.EVENKEEL_NODE_ENVIRONMENTS)],
    folder: resolve(data.EVENKEEL_NODE_FOLDER),
    host: data.EVENKEEL_INFERENCE_HOST,
    port: data.EVENKEEL_INFERENCE_PORT,
    publicUrl: data.EVENKEEL_INFERENCE_URL,
    callerToken: data.EVENKEEL_INFERENCE_TOKEN,
    logLevel: data.EVENKEEL_LOG_LEVEL,
  }
}

function checkAuth(data: z.infer<typeof Environment>): void {
  const isLoopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(data.EVENKEEL_INFERENCE_HOST)
  if (isLoopback || data.EVENKEEL_INFERENCE_TOKEN || data.EVENKEEL_INFERENCE_AUTH) return
  throw new Error(
    `EVENKEEL_INFERENCE_HOST is ${data.EVENKEEL_INFERENCE_HOST}, which others can reach: set EVENKEEL_INFERENCE_TOKEN, or EVENKEEL_INFERENCE_AUTH=none when a proxy in front of the node checks who calls.`,
  )
}

const nameOfHost = (): string =>
  hostname()
    .replaceAll(/[^A-Za-z0-9_.-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 80) || 'node'
