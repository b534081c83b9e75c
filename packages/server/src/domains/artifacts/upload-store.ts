import type { Selectable } from 'kysely'
import type { StoredBlob } from '../../platform/blobs/blob-store.ts'
import type { Database, Db } from '../../platform/db.ts'

export type UploadRow = Selectable<Database['artifacts.upload']>

/** Every query on files that come in parts. */
export function uploadStore(db: Db) {
  const tables = db.$pickTables<'artifacts.upload' | 'artifacts.upload_part'>()

  return {
    async add(upload: Omit<UploadRow, 'completed'>): Promise<void> {
      await tables.insertInto('artifacts.upload').values(upload).execute()
    },

    find: (uploadId: string, now: Date): Promise<UploadRow | undefined> =>
      tables
        .selectFrom('artifacts.upload')
        .selectAll()
        .where('upload_id', '=', uploadId)
        .where('expires_at', '>', now)
        .executeTakeFirst(),

    parts: (uploadId: string): Promise<Selectable<Database['artifacts.upload_part']>[]> =>
      tables
        .selectFrom('artifacts.upload_part')
        .selectAll()
        .where('upload_id', '=', uploadId)
        .orderBy('number')
        .execute(),

    /** In place of a part that has the number. */
    async putPart(uploadId: string, number: number, { digest, sizeBytes }: StoredBlob): Promise<void> {
      await tables
        .insertInto('artifacts.upload_part')
        .values({ upload_id: uploadId, number, digest, size_bytes: sizeBytes })
        .onConflict((conflict) =>
          conflict
            .columns(['upload_id', 'number'])
            .doUpdateSet(({ ref }) => ({ digest: ref('excluded.digest'), size_bytes: ref('excluded.size_bytes') })),
        )
        .execute()
    },

    async extend(uploadId: string, expiresAt: Date): Promise<void> {
      await tables
        .updateTable('artifacts.upload')
        .set({ expires_at: expiresAt })
        .where('upload_id', '=', uploadId)
        .execute()
    },

    /** Keeps the upload and forgets its parts. */
    async complete(uploadId: string): Promise<void> {
      await tables.updateTable('artifacts.upload').set({ completed: true }).where('upload_id', '=', uploadId).execute()
      await tables.deleteFrom('artifacts.upload_part').where('upload_id', '=', uploadId).execute()
    },

    async delete(uploadId: string): Promise<void> {
      await tables.deleteFrom('artifacts.upload').where('upload_id', '=', uploadId).execute()
    },

    async deleteExpired(now: Date): Promise<void> {
      await tables.deleteFrom('artifacts.upload').where('expires_at', '<=', now).execute()
    },
  }
}
