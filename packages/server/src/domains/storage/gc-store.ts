import { sql } from 'kysely'
import type { ListedBlob } from '../../platform/blobs/blob-store.ts'
import type { HeldColumn } from '../../platform/blobs/holder.ts'
import type { Db } from '../../platform/db.ts'

interface FolderRow {
  readonly domain: string
  readonly digest: string
}

export interface SumRow {
  readonly blobs: number
  readonly sizeBytes: number
}

export interface HeldRow extends SumRow {
  readonly domain: string
  readonly missing: number
}

const folderPage = 200

const sums = sql`count(*)::int as blobs, coalesce(sum(size_bytes), 0)::bigint as "sizeBytes"`
const isHeld = sql`exists (select from gc_held h where h.digest = f.digest)`
const isYoung = (since: Date) => sql`(f.stored_at >= ${since} or exists (
  select from platform.blob_touch t where t.digest = f.digest and t.touched_at >= ${since}))`

/**
 * Every query of a collection. What is needed and what is stored lie in temporary tables, because either may be millions:
 * all of it happens on one connection, and is gone with it.
 */
export function gcStore(conn: Db) {
  async function holdAll(domain: string, digests: HeldColumn['digests'], isExact: boolean): Promise<void> {
    await sql`
      insert into gc_held as h (digest, domain, is_exact)
      select distinct digest, ${domain}, ${isExact}::boolean from (${digests}) named where digest is not null
      on conflict (digest, domain) do update set is_exact = true where excluded.is_exact and not h.is_exact`.execute(
      conn,
    )
  }

  return {
    async forget(): Promise<void> {
      await sql`drop table if exists gc_held, gc_folder, gc_found`.execute(conn)
    },

    async prepare(): Promise<void> {
      await sql`drop table if exists gc_held, gc_folder, gc_found`.execute(conn)
      await sql`create temporary table gc_held
        (digest text, domain text, is_exact boolean, primary key (digest, domain))`.execute(conn)
      await sql`create temporary table gc_folder
        (digest text, domain text, is_read boolean default false, primary key (digest, domain))`.execute(conn)
      await sql`create temporary table gc_found
        (digest text primary key, size_bytes bigint not null, stored_at timestamptz not null)`.execute(conn)
    },

    hold: (domain: string, digests: readonly string[]): Promise<void> =>
      holdAll(domain, sql`select unnest(${[...digests]}::text[]) as digest`, true),

    async holdColumn(domain: string, { digests, isExact, folders }: HeldColumn): Promise<void> {
      await holdAll(domain, digests, isExact)
      if (!folders) return
      await sql`insert into gc_folder (domain, digest) select distinct ${domain}, digest from (${folders}) named
        where digest is not null on conflict do nothing`.execute(conn)
    },

    /** Lists of files that were not read yet. */
    async nextFolders(): Promise<FolderRow[]> {
      const { rows } = await sql<FolderRow>`
        select domain, digest from gc_folder where not is_read limit ${folderPage}`.execute(conn)
      return rows
    },

    async foldersRead(rows: readonly FolderRow[]): Promise<void> {
      const digests = rows.map(({ digest }) => digest)
      const domains = rows.map(({ domain }) => domain)
      await sql`update gc_folder f set is_read = true from unnest(${digests}::text[], ${domains}::text[]) r (digest, domain)
        where f.digest = r.digest and f.domain = r.domain`.execute(conn)
    },

    async addFound(blobs: readonly ListedBlob[]): Promise<void> {
      const digests = blobs.map(({ digest }) => digest)
      const sizes = blobs.map(({ sizeBytes }) => sizeBytes)
      const times = blobs.map(({ storedAt }) => storedAt)
      await sql`insert into gc_found (digest, size_bytes, stored_at)
        select * from unnest(${digests}::text[], ${sizes}::bigint[], ${times}::timestamptz[])
        on conflict do nothing`.execute(conn)
    },

    async analyze(): Promise<void> {
      await sql`analyze gc_held`.execute(conn)
      await sql`analyze gc_found`.execute(conn)
    },

    /** The time of the database, to the microsecond. */
    async moment(): Promise<string> {
      const { rows } = await sql<{ at: string }>`select clock_timestamp()::text as at`.execute(conn)
      return rows[0]!.at
    },

    /** Transactions of servers that were open before a moment, and are. */
    async countOlder(moment: string): Promise<number> {
      const { rows } = await sql<{ older: number }>`
        select count(*)::int as older from pg_stat_activity
        where datname = current_database() and application_name = 'evenkeel' and pid <> pg_backend_pid()
          and xact_start < ${moment}::timestamptz`.execute(conn)
      return rows[0]!.older
    },

    async sum(since: Date): Promise<{ stored: SumRow; kept: SumRow; young: SumRow; garbage: SumRow }> {
      const of = async (which = sql`true`) =>
        (await sql<SumRow>`select ${sums} from gc_found f where ${which}`.execute(conn)).rows[0]!
      return {
        stored: await of(),
        kept: await of(isHeld),
        young: await of(sql`not ${isHeld} and ${isYoung(since)}`),
        garbage: await of(sql`not ${isHeld} and not ${isYoung(since)}`),
      }
    },

    async sumHeld(): Promise<HeldRow[]> {
      const { rows } = await sql<HeldRow>`
        select domain, count(f.digest)::int as blobs, coalesce(sum(size_bytes), 0)::bigint as "sizeBytes",
          (count(*) filter (where f.digest is null and h.is_exact))::int as missing
        from gc_held h left join gc_found f using (digest) group by domain order by 3 desc, 1`.execute(conn)
      return rows
    },

    /** Contents that nobody needs and that are old, in their order. */
    async garbage(since: Date, after: string, limit: number): Promise<{ digest: string; sizeBytes: number }[]> {
      const { rows } = await sql<{ digest: string; sizeBytes: number }>`
        select digest, size_bytes as "sizeBytes" from gc_found f
        where digest > ${after} and not ${isHeld} and stored_at < ${since} order by digest limit ${limit}`.execute(conn)
      return rows
    },
  }
}
