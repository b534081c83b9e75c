import { type ImportDraft, importLimits } from '@evenkeel/contract'
import { type Selectable, sql } from 'kysely'
import type { Database, Db } from '../../../platform/db.ts'
import { documentOf } from '../../../platform/storable.ts'

/** What the steps left; the rest of a draft is in columns. */
export type DraftContent = Pick<ImportDraft, 'source' | 'inspection' | 'trial' | 'reference' | 'details' | 'registered'>

export type DraftRow = Selectable<Database['registry.import_draft']>

export interface DraftKey {
  readonly projectId: string
  readonly draft: string
}

interface Change {
  readonly content: Partial<DraftContent>
  readonly at: Date
  /** Digest of the ONNX file that the change was worked out from; undefined when it depends on none. */
  readonly madeOf?: string
}

const isOpen = sql<boolean>`content -> 'registered' = 'null'`

/** Every query on imports that are under way. */
export function draftStore(db: Db) {
  const tables = db.$pickTables<'registry.import_draft'>()

  return {
    /** Those that are not registered, the last touched first. */
    listOpen: (projectId: string): Promise<DraftRow[]> =>
      tables
        .selectFrom('registry.import_draft')
        .selectAll()
        .where('project_id', '=', projectId)
        .where(isOpen)
        .orderBy('updated_at', 'desc')
        .limit(importLimits.openDrafts)
        .execute(),

    find: ({ projectId, draft }: DraftKey): Promise<DraftRow | undefined> =>
      tables
        .selectFrom('registry.import_draft')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('id', '=', draft)
        .executeTakeFirst(),

    /** @returns undefined when `limit` of them are open */
    async add(key: DraftKey, row: { content: DraftContent; createdBy: string; at: Date }, limit: number) {
      // Two that begin at once count one after the other.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`import-drafts ${key.projectId}`}, 0))`.execute(db)
      const { count } = await tables
        .selectFrom('registry.import_draft')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('project_id', '=', key.projectId)
        .where(isOpen)
        .executeTakeFirstOrThrow()
      if (count >= limit) return undefined
      return tables
        .insertInto('registry.import_draft')
        .values({
          id: key.draft,
          project_id: key.projectId,
          content: documentOf(row.content),
          created_by: row.createdBy,
          created_at: row.at,
          updated_at: row.at,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
    },

    /** @returns undefined when it is gone, registered, or has another file by now */
    change: ({ projectId, draft }: DraftKey, { content, at, madeOf }: Change): Promise<DraftRow | undefined> =>
      tables
        .updateTable('registry.import_draft')
        .set({ content: sql`content || ${documentOf(content)}::jsonb`, updated_at: at })
        .where('project_id', '=', projectId)
        .where('id', '=', draft)
        .where(isOpen)
        .$if(madeOf !== undefined, (query) =>
          query.where(sql<boolean>`content #>> '{inspection,artifact,digest}' = ${madeOf!}`),
        )
        .returningAll()
        .executeTakeFirst(),

    async delete({ projectId, draft }: DraftKey): Promise<number> {
      const { numDeletedRows } = await tables
        .deleteFrom('registry.import_draft')
        .where('project_id', '=', projectId)
        .where('id', '=', draft)
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },

    async deleteOlderThan(moment: Date): Promise<void> {
      await tables.deleteFrom('registry.import_draft').where('updated_at', '<', moment).execute()
    },
  }
}
