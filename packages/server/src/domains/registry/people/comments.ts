import { type ModelComment, registryErrors, registryEvents } from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { failPlatform, failures } from '../../../platform/errors.ts'
import { publish } from '../../../platform/events.ts'
import { highestPosition, type Page, type PageRequest, pageOf, positionOf } from '../../../platform/page.ts'
import { registryStore, subjectOf, type VersionKey } from '../store.ts'
import { type CommentRow, commentStore } from './comment-store.ts'

const fail = failures(registryErrors)

interface CommentsDeps {
  readonly db: Db
  readonly now: () => Date
}

interface Target {
  readonly model: string
  readonly version: number
}
type OneTarget = Target & { readonly comment: string }

/** What people say about versions. Whoever may read may comment: those who approve or operate write no models. */
export function createComments({ db, now }: CommentsDeps) {
  async function requireVersion(tx: Db, key: VersionKey): Promise<void> {
    if (await registryStore(tx).findVersion(key)) return
    throw fail('registry.version_not_found', { model: key.model, version: key.version })
  }

  /** Changes a comment that is there, when the caller may. */
  function change<T>(caller: Caller, { comment, ...target }: OneTarget, work: (tx: Db, row: CommentRow) => Promise<T>) {
    requirePerson(caller)
    return db.transaction().execute(async (tx) => {
      const key = { projectId: caller.projectId, ...target }
      const row = await commentStore(tx).lock(key, comment)
      if (!row) throw fail('registry.comment_not_found', { comment })
      const answer = await work(tx, row)
      await announce(tx, key, comment)
      return answer
    })
  }

  return {
    /** Newest first. */
    async list(caller: Caller, target: Target, { limit, cursor }: PageRequest): Promise<Page<ModelComment>> {
      const key = { projectId: caller.projectId, ...target }
      await requireVersion(db, key)
      const before = cursor === undefined ? highestPosition : positionOf(cursor)
      const { items, nextCursor } = pageOf(
        await commentStore(db).list(key, limit + 1, before),
        limit,
        ({ position }) => position,
      )
      return { items: items.map((row) => present(row, caller)), nextCursor }
    },

    async add(caller: Caller, target: Target, text: string): Promise<ModelComment> {
      requirePerson(caller)
      const key = { projectId: caller.projectId, ...target }
      return db.transaction().execute(async (tx) => {
        await requireVersion(tx, key)
        const row = await commentStore(tx).add(key, {
          id: randomUUID(),
          text,
          author: caller.userName,
          createdAt: now(),
        })
        await announce(tx, key, row.id)
        return present(row, caller)
      })
    },

    /** @throws DomainError `registry.not_yours`, for an administrator too: nobody puts words into another's mouth */
    edit: (caller: Caller, target: OneTarget, text: string): Promise<ModelComment> =>
      change(caller, target, async (tx, row) => {
        if (!mayEdit(row, caller)) throw notYours(row)
        return present(row.text === text ? row : await commentStore(tx).edit(row.id, text, now()), caller)
      }),

    /** @throws DomainError `registry.not_yours` */
    delete: (caller: Caller, target: OneTarget): Promise<{ deleted: number }> =>
      change(caller, target, async (tx, row) => {
        if (!mayDelete(row, caller)) throw notYours(row)
        await commentStore(tx).delete(row.id)
        const { id, author, text } = row
        const record = { projectId: caller.projectId, actor: caller.userName, action: 'registry.delete_comment' }
        await audit(tx, {
          ...record,
          subject: subjectOf({ projectId: caller.projectId, ...target }),
          before: { id, author, text },
        })
        return { deleted: 1 }
      }),
  }
}

/** Machines read, and say what they have to say in cards and tags. */
function requirePerson({ kind, roles }: Caller): void {
  if (kind === 'local' || kind === 'user') return
  const why = 'Comments are what people write; a step or a node has no name to sign with.'
  throw failPlatform('auth.not_allowed', { access: 'registry:read', roles: [...roles] }, { why })
}

const mayEdit = ({ author }: CommentRow, { userName }: Caller) => author === userName
const mayDelete = (row: CommentRow, caller: Caller) => mayEdit(row, caller) || caller.roles.includes('admin')

const notYours = ({ id, author }: CommentRow) =>
  fail('registry.not_yours', { comment: id, author }, { why: `${author} wrote it.` })

const announce = (tx: Db, key: VersionKey, comment: string) =>
  publish(tx, registryEvents, 'registry.comment_changed', { ...key, subject: subjectOf(key), comment })

const present = (row: CommentRow, caller: Caller): ModelComment => ({
  id: row.id,
  model: row.model,
  version: row.version,
  text: row.text,
  author: row.author,
  createdAt: row.created_at.toISOString(),
  editedAt: row.edited_at?.toISOString() ?? null,
  mayEdit: mayEdit(row, caller),
  mayDelete: mayDelete(row, caller),
})
