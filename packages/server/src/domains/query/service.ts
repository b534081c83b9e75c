import { type QueryAnswer, queryErrors, type QueryView } from '@evenkeel/contract'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import { DomainError, failures } from '../../platform/errors.ts'
import { ask } from './ask.ts'
import { checkSql } from './check-sql.ts'
import { columnTypes, defineViews } from './define-views.ts'
import { openReader, type ReaderDeps } from './reader.ts'
import { views } from './views.ts'

const fail = failures(queryErrors)

/** Queries that one server runs at the same time: each has a connection, and may use a core. */
const atOnce = 4
const limitBytes = 16 * 1024 * 1024
const auditedCharacters = 4000

export interface QueryDeps extends ReaderDeps {
  /** Brings what was acknowledged to where the views read it. */
  readonly settle: () => Promise<void>
  /** How long one query may take; 30 s when absent. */
  readonly timeoutMs?: number
}

export type Queries = ReturnType<typeof createQueries>

export function createQueries(deps: QueryDeps) {
  const { db, settle, timeoutMs = 30_000 } = deps
  const readers = new Map<string, Promise<string>>()
  let defined: Promise<void> | undefined
  let running = 0

  /** Once for each project, and again after it failed. */
  function readerOf(projectId: string): Promise<string> {
    const found = readers.get(projectId) ?? prepare().then(() => openReader(deps, projectId))
    readers.set(projectId, found)
    found.catch(() => readers.delete(projectId))
    return found
  }

  function prepare(): Promise<void> {
    defined ??= defineViews(db).catch((error: unknown) => {
      defined = undefined
      throw error
    })
    return defined
  }

  async function record({ projectId, userName: actor }: Caller, sql: string, after: object): Promise<void> {
    const what = { action: 'query.run', subject: 'query', after: { sql: sql.slice(0, auditedCharacters), ...after } }
    await db.transaction().execute((tx) => audit(tx, { projectId, actor, ...what }))
  }

  async function answer(caller: Caller, sql: string, rows: number, signal: AbortSignal): Promise<QueryAnswer> {
    const checked = checkSql(sql)
    if ('refusal' in checked) throw fail('query.refused', { reason: checked.refusal }, { why: checked.refusal })
    if (running >= atOnce) throw fail('query.busy', { limit: atOnce })
    running++
    const start = performance.now()
    try {
      const url = await readerOf(caller.projectId)
      await settle()
      const found = await ask(url, checked.sql, { rows, bytes: limitBytes, timeoutMs }, signal)
      return { ...found, durationMs: Math.round(performance.now() - start) }
    } finally {
      running--
    }
  }

  return {
    /** Makes the views; before serving. */
    prepare,

    async schema(): Promise<QueryView[]> {
      await prepare()
      const types = await columnTypes(db)
      return views.map(({ name, says, columns }) => ({
        name,
        says,
        columns: columns.map(([column, , meaning]) => ({
          name: column,
          type: types.get(`${name}.${column}`)!,
          says: meaning,
        })),
      }))
    },

    /** Who asked what is written down, also when it was refused. */
    async run(
      caller: Caller,
      { sql, limit }: { sql: string; limit: number },
      signal: AbortSignal,
    ): Promise<QueryAnswer> {
      try {
        const found = await answer(caller, sql, limit, signal)
        await record(caller, sql, { rowCount: found.rows.length, durationMs: found.durationMs })
        return found
      } catch (error) {
        const code = error instanceof DomainError ? error.code : 'unexpected'
        await record(caller, sql, { failed: signal.aborted ? 'interrupted' : code })
        throw error
      }
    },
  }
}
