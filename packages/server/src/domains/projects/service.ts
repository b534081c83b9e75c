import { type Me, projectsErrors, Role, type Token, type TokenKind, type User } from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { audit } from '../../platform/audit.ts'
import { type Caller, hashToken, isWellFormed, newToken } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { type Job, periodic } from '../../platform/jobs.ts'
import { projectsStore, type TokenOwner, type TokenRow, type UserRow } from './store.ts'

const fail = failures(projectsErrors)

/** Names that the audit log gives to what acts by itself. */
const reservedNames = ['admin', 'local', 'policy', 'system', 'anonymous']

interface NewToken {
  readonly name: string
  readonly kind: TokenKind
  readonly expiresInDays?: number | undefined
}

export interface Projects {
  me(caller: Caller): Me
  listUsers(caller: Caller): Promise<User[]>
  createUser(caller: Caller, user: { name: string; roles: readonly Role[] }): Promise<User>
  setRoles(caller: Caller, user: string, roles: readonly Role[]): Promise<User>
  listTokens(caller: Caller, user: string): Promise<Token[]>
  createToken(caller: Caller, user: string, token: NewToken): Promise<Token & { token: string }>
  deleteToken(caller: Caller, user: string, token: string): Promise<Token>
  /** Makes a token for one run of a pipeline; it acts for the user who started the run. @returns the secret */
  issueStepToken(step: { userId: string; scope: string; expiresAt: Date }): Promise<string>
  /** Revokes every step token of a run. */
  revokeStepTokens(scope: string): Promise<void>
  /** Who a token belongs to; undefined when it is unknown, expired or revoked. */
  findCaller(token: string): Promise<Caller | undefined>
  /**
   * Makes sure that somebody can sign in, before the server listens to others.
   *
   * @throws Error when sign-in is required and no admin has a token
   */
  prepareSignIn(config: { signIn: 'none' | 'token'; initToken: string | undefined }): Promise<void>
  readonly jobs: readonly Job[]
}

export function createProjects({ db, now = () => new Date() }: { db: Db; now?: () => Date }): Projects {
  const store = projectsStore(db)

  async function requireUser(projectId: string, user: string, tx = db): Promise<UserRow> {
    const found = await projectsStore(tx).findUser(projectId, user)
    if (!found) throw fail('projects.user_not_found', { user })
    return found
  }

  return {
    me: ({ userId, userName, projectId, roles, kind }) => ({ userId, userName, projectId, roles: [...roles], kind }),

    listUsers: async ({ projectId }) => (await store.listUsers(projectId)).map(presentUser),

    createUser({ projectId, userName: actor }, { name, roles }) {
      return db.transaction().execute(async (tx) => {
        const user = { id: randomUUID(), name, project_id: projectId, roles: [...roles] }
        const isReserved = reservedNames.includes(name.toLowerCase())
        const created = isReserved ? undefined : await projectsStore(tx).insertUser(user)
        if (!created) throw fail('projects.user_exists', { name })
        await audit(tx, { projectId, actor, action: 'projects.create_user', subject: name, after: { roles } })
        return presentUser(created)
      })
    },

    setRoles({ projectId, userName: actor }, user, roles) {
      return db.transaction().execute(async (tx) => {
        const inside = projectsStore(tx)
        const admins = await inside.lockAdmins(projectId)
        const found = await requireUser(projectId, user, tx)
        const isLastAdmin = found.id === 'local' || (admins.length === 1 && admins[0]!.id === found.id)
        if (isLastAdmin && !roles.includes('admin')) throw fail('projects.last_admin', { user: found.name })

        const changed = await inside.updateRoles(found.id, [...roles])
        const change = { before: { roles: found.roles }, after: { roles } }
        await audit(tx, { projectId, actor, action: 'projects.set_roles', subject: found.name, ...change })
        return presentUser(changed)
      })
    },

    async listTokens({ projectId }, user) {
      const { id } = await requireUser(projectId, user)
      return (await store.listTokens(id)).map(presentToken)
    },

    createToken({ projectId, userName: actor }, user, { name, kind, expiresInDays }) {
      return db.transaction().execute(async (tx) => {
        const owner = await requireUser(projectId, user, tx)
        const token = newToken()
        const expires_at = expiresInDays === undefined ? null : daysAfter(now(), expiresInDays)
        const row = { id: randomUUID(), user_id: owner.id, name, kind, scope: null, hash: hashToken(token), expires_at }
        const created = await projectsStore(tx).insertToken(row)
        const after = { name, kind, expiresAt: expires_at }
        await audit(tx, { projectId, actor, action: 'projects.create_token', subject: owner.name, after })
        return { ...presentToken(created!), token }
      })
    },

    deleteToken({ projectId, userName: actor }, user, token) {
      return db.transaction().execute(async (tx) => {
        const owner = await requireUser(projectId, user, tx)
        const deleted = await projectsStore(tx).deleteToken(owner.id, token)
        if (!deleted) throw fail('projects.token_not_found', { token })
        const before = { name: deleted.name, kind: deleted.kind }
        await audit(tx, { projectId, actor, action: 'projects.delete_token', subject: owner.name, before })
        return presentToken(deleted)
      })
    },

    async issueStepToken({ userId, scope, expiresAt }) {
      const token = newToken()
      const row = { id: randomUUID(), user_id: userId, name: scope, kind: 'step' as const, scope }
      await store.insertToken({ ...row, hash: hashToken(token), expires_at: expiresAt })
      return token
    },

    revokeStepTokens: (scope) => store.deleteTokensOf(scope),

    async findCaller(token) {
      if (!isWellFormed(token)) return undefined
      const hash = hashToken(token)
      const owner = await store.findOwner(hash, now())
      if (!owner) return undefined
      if (owner.kind !== 'step' && isStale(owner.last_used_at, now())) await store.touchToken(hash, now())
      return presentCaller(owner)
    },

    async prepareSignIn({ signIn, initToken }) {
      if (initToken !== undefined) await adoptInitToken(initToken)
      if (signIn === 'none' || (await store.hasAdminToken(now()))) return
      throw new Error(
        'EVENKEEL_AUTH=required, and no admin has a token to sign in with. Set EVENKEEL_INIT_TOKEN or ' +
          'EVENKEEL_INIT_TOKEN_FILE to a secret of 24 characters or more for the first start.',
      )
    },

    jobs: [periodic('projects.forget_expired_tokens', 3600, () => store.deleteExpired(now()))],
  }

  /** Applied once: the same token again changes nothing. */
  async function adoptInitToken(token: string): Promise<void> {
    const name = 'admin'
    const admin = { id: 'admin', name, project_id: 'default', roles: ['admin'] }
    await store.insertUser(admin)
    const { id } = await requireUser('default', name)
    const row = { id: randomUUID(), user_id: id, name: 'EVENKEEL_INIT_TOKEN', kind: 'user' as const, scope: null }
    await store.insertToken({ ...row, hash: hashToken(token), expires_at: null })
  }
}

const daysAfter = (moment: Date, days: number) => new Date(moment.getTime() + days * 86_400_000)

const presentUser = ({ id, name, roles, created_at }: UserRow): User => ({
  id,
  name,
  roles: z.array(Role).parse(roles),
  createdAt: created_at.toISOString(),
})

const presentToken = ({ id, name, kind, created_at, expires_at, last_used_at }: TokenRow): Token => ({
  id,
  name,
  kind,
  createdAt: created_at.toISOString(),
  expiresAt: expires_at?.toISOString() ?? null,
  lastUsedAt: last_used_at?.toISOString() ?? null,
})

/** One write per token and minute is enough to see whether it is in use. */
const isStale = (lastUsedAt: Date | null, now: Date) =>
  lastUsedAt === null || now.getTime() - lastUsedAt.getTime() > 60_000

const presentCaller = ({ id, name, project_id, roles, kind, scope }: TokenOwner): Caller => ({
  userId: id,
  userName: name,
  projectId: project_id,
  roles: z.array(Role).parse(roles),
  kind,
  scope,
})
