import type { Lifecycle } from '@evenkeel/contract'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Db } from '../../platform/db.ts'
import { hasText } from '../../platform/filter-sql.ts'
import { after, nullable, orderOf, positionOf, type SortColumn } from '../../platform/keyset.ts'
import { type ExperimentKey, type ExperimentRow, tagsOf } from './experiment-store.ts'

export interface ExperimentsAsked {
  readonly projectId: string
  /** Without it, all; empty is the top, which is all as well. */
  readonly folder: string | undefined
  readonly search: string | undefined
  readonly lifecycle: Lifecycle
}

export type CountedRow = ExperimentRow & {
  readonly runs: number
  readonly running: number
  readonly last_run_ms: number | null
}

/** Most folders that an answer names. */
const mostFolders = 1000

/** Runs that are as much there as their experiment: of a deleted one, those that are deleted. */
const itsRuns = (lifecycle: Lifecycle) => sql`tracking.run r
  where r.project_id = e.project_id and r.experiment_id = e.experiment_id and r.deleted_ms is ${nullIf(lifecycle)}`

const nullIf = (lifecycle: Lifecycle) => sql.raw(lifecycle === 'active' ? 'null' : 'not null')

const lastRun = (lifecycle: Lifecycle) => sql`(select max(r.started_ms) from ${itsRuns(lifecycle)})`

const counts = (lifecycle: Lifecycle) => sql`
  (select count(*) from ${itsRuns(lifecycle)}) as runs,
  (select count(*) from ${itsRuns(lifecycle)} and r.status = 'RUNNING') as running`

const order: readonly SortColumn[] = [
  ...nullable({ of: sql`e.last_run_ms`, type: 'bigint', descending: true }),
  { of: sql`e.created_ms`, type: 'bigint', descending: true },
  { of: sql`e.experiment_id`, type: 'bigint', descending: true },
]

const below = (folder: string): RawBuilder<SqlBool> =>
  folder === '' ? sql`true` : sql`(e.folder = ${folder} or starts_with(e.folder, ${`${folder}/`}))`

function isAsked({ projectId, folder = '', search, lifecycle }: ExperimentsAsked): RawBuilder<SqlBool> {
  const named = search ? sql`and ${hasText(sql`e.name`, search)}` : sql``
  return sql<SqlBool>`e.project_id = ${projectId} and ${below(folder)} ${named}
    and e.deleted_ms is ${nullIf(lifecycle)}`
}

/** Experiments with what a list of them shows of their runs. */
export function experimentListStore(db: Db) {
  return {
    /** Those with the newest runs first, then those without any; runs are counted for the page alone. */
    async page(asked: ExperimentsAsked, position: readonly string[] | undefined, limit: number) {
      const { lifecycle } = asked
      const { rows } = await sql<CountedRow & { position: readonly string[] }>`
        select e.*, ${tagsOf} as tags, ${counts(lifecycle)} from (
          select e.*, ${positionOf(order)} as position
          from (select e.*, ${lastRun(lifecycle)} as last_run_ms from tracking.experiment e where ${isAsked(asked)} offset 0) e
          where ${position ? after(order, position) : sql`true`}
          order by ${orderOf(order)} limit ${limit}
        ) e order by ${orderOf(order)}`.execute(db)
      return rows
    },

    /** Folders that lie directly in the one that was asked for, with what lies anywhere below them. */
    async folders(asked: ExperimentsAsked): Promise<{ folder: string; experiments: number }[]> {
      const depth = asked.folder ? asked.folder.split('/').length : 0
      const { rows } = await sql<{ folder: string; experiments: number }>`
        select x.folder, count(*) as experiments from (
          select array_to_string((string_to_array(e.folder, '/'))[:${sql.lit(depth + 1)}], '/') as folder
          from tracking.experiment e
          where ${isAsked(asked)} and e.folder <> ${asked.folder ?? ''}
        ) x group by x.folder order by x.folder limit ${mostFolders}`.execute(db)
      return rows
    },

    async find({ projectId, experimentId }: ExperimentKey, lifecycle: Lifecycle): Promise<CountedRow | undefined> {
      const { rows } = await sql<CountedRow>`
        select e.*, ${tagsOf} as tags, ${lastRun(lifecycle)} as last_run_ms, ${counts(lifecycle)}
        from tracking.experiment e
        where e.project_id = ${projectId} and e.experiment_id = ${experimentId}
          and e.deleted_ms is ${nullIf(lifecycle)}`.execute(db)
      return rows[0]
    },
  }
}
