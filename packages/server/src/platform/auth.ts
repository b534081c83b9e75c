import type { Access, Role } from '@evenkeel/contract'
import type { FastifyRequest } from 'fastify'
import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { failPlatform } from './errors.ts'

/** Who is asking, already authenticated, and in which project. */
export interface Caller {
  readonly userId: string
  readonly userName: string
  readonly projectId: string
  readonly roles: readonly Role[]
  /** `local` is whoever sits at this machine while no sign-in is asked. */
  readonly kind: 'local' | 'user' | 'node' | 'step'
  /** What a step token is bound to: the run it belongs to. Null for everyone else. */
  readonly scope: string | null
}

/** Everyone who reaches a server that is bound to loopback: the admin of the default project. */
export const localCaller: Caller = {
  userId: 'local',
  userName: 'local',
  projectId: 'default',
  roles: ['admin'],
  kind: 'local',
  scope: null,
}

/** Nobody in particular, on an endpoint that is open to all. */
const anonymous: Caller = { ...localCaller, userId: 'anonymous', userName: 'anonymous', roles: [], kind: 'user' }

const writes = (...areas: readonly string[]): readonly string[] => areas.map((area) => `${area}:write`)

/** What each role adds to every `:read`; `admin` is not limited. */
const permissions: Readonly<Record<Exclude<Role, 'admin'>, readonly string[]>> = {
  viewer: [],
  data_scientist: writes(
    'artifacts',
    'datasets',
    'features',
    'lineage',
    'llm',
    'pipelines',
    'registry',
    'tracking',
    'tuning',
  ),
  approver: writes('governance'),
  operator: writes('deployments', 'fleet', 'monitoring', 'notifications', 'predictions'),
}

/** Machines get a list of their own, whatever the roles of the user who made the token. */
const machinePermissions = {
  node: ['artifacts:read', 'fleet:read', 'fleet:write', 'predictions:write'],
  step: [
    'artifacts:read',
    'artifacts:write',
    'datasets:read',
    'features:read',
    'governance:read',
    'pipelines:write',
    'registry:read',
    'registry:write',
    'tracking:read',
    'tracking:write',
  ],
} as const satisfies Record<string, readonly Access[]>

/** Whether the caller has the permission; nobody has what is not listed. */
export function can({ kind, roles }: Caller, access: Access): boolean {
  if (access === 'public') return true
  if (kind === 'node' || kind === 'step') return (machinePermissions[kind] as readonly string[]).includes(access)
  return roles.some((role) => role === 'admin' || access.endsWith(':read') || permissions[role].includes(access))
}

/** Looks a token up; `undefined` when it is unknown, expired or revoked. */
export type FindCaller = (token: string) => Promise<Caller | undefined>

/** Finds out who is asking and refuses a caller who lacks `access`. */
export type Admit = (request: FastifyRequest, access: Access) => Promise<Caller>

/** @param required - whether a request without a token is refused; otherwise it is the local admin */
export function createAdmit({ findCaller, required }: { findCaller: FindCaller; required: boolean }): Admit {
  return async (request, access) => {
    if (access === 'public') return anonymous
    const caller = await identify(request.headers.authorization, findCaller, required)
    if (!can(caller, access)) throw failPlatform('auth.not_allowed', { access, roles: [...caller.roles] })
    return caller
  }
}

async function identify(header: string | undefined, findCaller: FindCaller, required: boolean): Promise<Caller> {
  const token = tokenOf(header)
  if (token === undefined) {
    if (required) throw failPlatform('auth.not_signed_in', {}, { why: 'No token was sent.' })
    return localCaller
  }
  const caller = await findCaller(token)
  if (!caller) throw failPlatform('auth.not_signed_in', {}, { why: 'The token is unknown, expired or revoked.' })
  return caller
}

/** The token of `Bearer <token>`, or the password of `Basic`, which is what MLflow clients can send. */
export function tokenOf(header: string | undefined): string | undefined {
  const [scheme, value] = header?.trim().split(/\s+/, 2) ?? []
  if (value === undefined) return undefined
  if (scheme?.toLowerCase() === 'bearer') return value
  if (scheme?.toLowerCase() !== 'basic') return undefined
  return Buffer.from(value, 'base64').toString().split(':').slice(1).join(':') || undefined
}

const prefix = 'evenkeel_pat_'

/** A new secret: a prefix that scanners find, 30 random bytes in hex, and a CRC-32 in hex that tells a typing mistake. */
export function newToken(): string {
  const random = randomBytes(30).toString('hex')
  return `${prefix}${random}_${checksum(random)}`
}

/** False for a token of ours that was cut or mistyped; what does not look like one of ours is not judged. */
export function isWellFormed(token: string): boolean {
  if (!token.startsWith(prefix)) return true
  const [random, sum] = token.slice(prefix.length).split('_')
  return random !== undefined && sum === checksum(random)
}

const checksum = (text: string) => crc32(text).toString(16).padStart(8, '0')

/** What is kept of a token. It has 240 random bits, so a plain hash cannot be turned back. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')
