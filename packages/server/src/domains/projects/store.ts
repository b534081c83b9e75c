import type { TokenKind } from '@evenkeel/contract'
import { type Selectable, sql } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'

export type UserRow = Selectable<Database['projects.user_account']>
export type TokenRow = Omit<Selectable<Database['projects.token']>, 'hash' | 'user_id' | 'scope'>

/** The owner of a token and what the token adds. */
export type TokenOwner = UserRow & {
  readonly kind: TokenKind
  readonly scope: string | null
  readonly last_used_at: Date | null
}

const tokenColumns = ['id', 'name', 'kind', 'created_at', 'expires_at', 'last_used_at'] as const

export function projectsStore(db: Db) {
  const tables = db.$pickTables<'projects.user_account' | 'projects.token'>()

  return {
    listUsers: (projectId: string): Promise<UserRow[]> =>
      tables
        .selectFrom('projects.user_account')
        .selectAll()
        .where('project_id', '=', projectId)
        .orderBy('name')
        .execute(),

    /** Finds a user by id or by name, whatever the case of the name. */
    findUser: (projectId: string, user: string): Promise<UserRow | undefined> =>
      tables
        .selectFrom('projects.user_account')
        .selectAll()
        .where('project_id', '=', projectId)
        .where((eb) => eb.or([eb('id', '=', user), eb(sql`lower(name)`, '=', user.toLowerCase())]))
        .executeTakeFirst(),

    /** @returns undefined when the name is taken */
    insertUser: (user: Omit<UserRow, 'created_at'>): Promise<UserRow | undefined> =>
      tables
        .insertInto('projects.user_account')
        .values(user)
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst(),

    updateRoles: (id: string, roles: string[]): Promise<UserRow> =>
      tables
        .updateTable('projects.user_account')
        .set({ roles })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow(),

    /**
     * Locks the admins of a project, so that two changes cannot take the last two of them at once. The user `local` does
     * not count: nobody can sign in as it from elsewhere.
     */
    lockAdmins: (projectId: string): Promise<{ id: string }[]> =>
      tables
        .selectFrom('projects.user_account')
        .select('id')
        .where('project_id', '=', projectId)
        .where('id', '!=', 'local')
        .where(sql<boolean>`'admin' = any (roles)`)
        .orderBy('id')
        .forUpdate()
        .execute(),

    listTokens: (userId: string): Promise<TokenRow[]> =>
      tables
        .selectFrom('projects.token')
        .select(tokenColumns)
        .where('user_id', '=', userId)
        .where('kind', '!=', 'step')
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute(),

    insertToken: (token: {
      id: string
      user_id: string
      name: string
      kind: TokenKind
      scope: string | null
      hash: string
      expires_at: Date | null
    }): Promise<TokenRow | undefined> =>
      tables
        .insertInto('projects.token')
        .values(token)
        .onConflict((conflict) => conflict.column('hash').doNothing())
        .returning(tokenColumns)
        .executeTakeFirst(),

    deleteToken: (userId: string, id: string): Promise<TokenRow | undefined> =>
      tables
        .deleteFrom('projects.token')
        .where('user_id', '=', userId)
        .where('id', '=', id)
        .returning(tokenColumns)
        .executeTakeFirst(),

    async deleteTokensOf(scope: string): Promise<void> {
      await tables.deleteFrom('projects.token').where('scope', '=', scope).execute()
    },

    async deleteExpired(now: Date): Promise<void> {
      await tables.deleteFrom('projects.token').where('expires_at', '<', now).execute()
    },

    findOwner: (hash: string, now: Date): Promise<TokenOwner | undefined> =>
      tables
        .selectFrom('projects.token as t')
        .innerJoin('projects.user_account as u', 'u.id', 't.user_id')
        .selectAll('u')
        .select(['t.kind', 't.scope', 't.last_used_at'])
        .where('t.hash', '=', hash)
        .where((eb) => eb.or([eb('t.expires_at', 'is', null), eb('t.expires_at', '>', now)]))
        .executeTakeFirst(),

    async touchToken(hash: string, now: Date): Promise<void> {
      await tables.updateTable('projects.token').set({ last_used_at: now }).where('hash', '=', hash).execute()
    },

    hasAdminToken: async (now: Date): Promise<boolean> => {
      const found = await tables
        .selectFrom('projects.token as t')
        .innerJoin('projects.user_account as u', 'u.id', 't.user_id')
        .select('t.id')
        .where('t.kind', '=', 'user')
        .where(sql<boolean>`'admin' = any (u.roles)`)
        .where((eb) => eb.or([eb('t.expires_at', 'is', null), eb('t.expires_at', '>', now)]))
        .limit(1)
        .executeTakeFirst()
      return found !== undefined
    },
  }
}
