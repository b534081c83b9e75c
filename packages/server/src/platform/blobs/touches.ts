import { sql } from 'kysely'
import type { Db } from '../db.ts'

/** Says that content is about to be referred to. Once it resolves, nobody deletes it for as long as the grace lasts. */
export type Touch = (digests: readonly string[]) => Promise<void>

/** Who stores content, or is about to refer to it, and who deletes it: each digest belongs to one of them at a time. */
export function createBlobTouches({ db, now }: { readonly db: Db; readonly now: () => Date }) {
  const touch: Touch = async (digests) => {
    if (digests.length === 0) return
    // The commit need not reach the disk: any reference that is written later takes it there.
    await sql`
      with quick as materialized (select set_config('synchronous_commit', 'off', true) as setting)
      insert into platform.blob_touch as t (digest, touched_at)
      select sent.digest, ${now()} from (select distinct unnest(${[...digests]}::text[]) as digest) sent, quick
      order by sent.digest
      on conflict (digest) do update set touched_at = greatest(t.touched_at, excluded.touched_at)`.execute(db)
  }
  return touch
}

/** Every query of whoever deletes content that nobody has touched for long. */
export function blobTouchStore(tx: Db) {
  return {
    /**
     * Keeps everyone else from touching these digests until the transaction ends.
     *
     * @returns those that were not touched since; a touch that came before counts, one that comes now waits
     */
    async lockUntouched(digests: readonly string[], since: Date): Promise<string[]> {
      const { rows } = await sql<{ digest: string }>`
        insert into platform.blob_touch as t (digest, touched_at)
        select digest, '-infinity' from unnest(${[...digests]}::text[]) digest order by digest
        on conflict (digest) do update set touched_at = t.touched_at where t.touched_at < ${since}
        returning digest`.execute(tx)
      return rows.map(({ digest }) => digest)
    },

    async forget(digests: readonly string[]): Promise<void> {
      await sql`delete from platform.blob_touch where digest = any(${[...digests]}::text[])`.execute(tx)
    },

    /** Rows that say no more than missing ones. */
    async forgetOld(until: Date): Promise<void> {
      await sql`delete from platform.blob_touch where touched_at < ${until}`.execute(tx)
    },
  }
}
