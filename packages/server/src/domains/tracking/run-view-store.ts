import type { RunViewContents } from '@evenkeel/contract'
import type { Selectable } from 'kysely'
import { type Database, type Db, json } from '../../platform/db.ts'
import type { ExperimentKey } from './experiment-store.ts'

export type RunViewRow = Omit<Selectable<Database['tracking.run_view']>, 'contents'> & {
  readonly contents: RunViewContents
}

type NewView = Omit<RunViewRow, 'project_id' | 'experiment_id'>
export type ViewChange = Partial<Pick<RunViewRow, 'name' | 'contents' | 'is_default'>> &
  Pick<RunViewRow, 'updated_by' | 'updated_at'>

/** Every query on the saved views of an experiment. */
export function runViewStore(db: Db, { projectId, experimentId }: ExperimentKey) {
  const tables = db.$pickTables<'tracking.run_view'>()
  const views = () =>
    tables
      .selectFrom('tracking.run_view')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('experiment_id', '=', experimentId)
      .$narrowType<{ contents: RunViewContents }>()
  const own = { project_id: projectId, experiment_id: experimentId }

  return {
    /** By name. */
    list: (): Promise<RunViewRow[]> => views().orderBy('name').orderBy('id').execute(),

    find: (id: string): Promise<RunViewRow | undefined> => views().where('id', '=', id).executeTakeFirst(),

    findByName: (name: string): Promise<RunViewRow | undefined> => views().where('name', '=', name).executeTakeFirst(),

    async count(): Promise<number> {
      const { count } = await tables
        .selectFrom('tracking.run_view')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('project_id', '=', projectId)
        .where('experiment_id', '=', experimentId)
        .executeTakeFirstOrThrow()
      return count
    },

    async add(view: NewView): Promise<void> {
      await tables
        .insertInto('tracking.run_view')
        .values({ ...own, ...view, contents: json(view.contents) })
        .execute()
    },

    async change(id: string, { contents, ...change }: ViewChange): Promise<void> {
      await tables
        .updateTable('tracking.run_view')
        .set({ ...change, ...(contents && { contents: json(contents) }) })
        .where('id', '=', id)
        .execute()
    },

    /** No view opens by itself any more. */
    async clearDefault(): Promise<void> {
      await tables
        .updateTable('tracking.run_view')
        .set({ is_default: false })
        .where('project_id', '=', projectId)
        .where('experiment_id', '=', experimentId)
        .where('is_default', '=', true)
        .execute()
    },

    async delete(id: string): Promise<void> {
      await tables.deleteFrom('tracking.run_view').where('id', '=', id).execute()
    },
  }
}
