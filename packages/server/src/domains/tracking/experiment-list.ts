import type { ExperimentRow, experiments as endpoints, ParsedRequestOf } from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { type Page, pageOf, refuseCursor } from '../../platform/page.ts'
import { pageTokens } from '../../platform/page-token.ts'
import { type CountedRow, experimentListStore } from './experiment-list-store.ts'
import { experimentNotFound, experimentNumber, present } from './experiments.ts'
import { keysOf } from './key-store.ts'
import type { Settle } from './metric-journal.ts'

type ListQuery = ParsedRequestOf<typeof endpoints.list>['query']
type KeysQuery = ParsedRequestOf<typeof endpoints.keys>['query']

interface ExperimentListDeps {
  readonly db: Db
  readonly settle: Settle
  ensureDefault(projectId: string): Promise<void>
}

/** Experiments as people look through them. */
export function createExperimentList({ db, settle, ensureDefault }: ExperimentListDeps) {
  const store = experimentListStore(db)

  async function get({ projectId }: Caller, id: string): Promise<ExperimentRow> {
    await ensureDefault(projectId)
    const key = { projectId, experimentId: experimentNumber(id) }
    const row = (await store.find(key, 'active')) ?? (await store.find(key, 'deleted'))
    if (!row) throw experimentNotFound(id)
    return presentRow(row)
  }

  return {
    get,

    async list({ projectId }: Caller, { cursor, limit, ...query }: ListQuery) {
      const { folder, search, lifecycle } = query
      const asked = { projectId, folder, search, lifecycle }
      const tokens = pageTokens({ list: 'experiments', ...asked }, refuseCursor)
      const position = cursor ? tokens.decode(cursor).values : undefined
      await ensureDefault(projectId)
      const [rows, folders] = await Promise.all([store.page(asked, position, limit + 1), store.folders(asked)])
      const { items, nextCursor } = pageOf(rows, limit, (row) => tokens.encode({ values: row.position }))
      return { items: items.map(presentRow), nextCursor, folders }
    },

    /** @throws DomainError `tracking.experiment_not_found` */
    async keys(caller: Caller, id: string, { kind, search, cursor = '', limit }: KeysQuery): Promise<Page<string>> {
      await get(caller, id)
      const key = { projectId: caller.projectId, experimentId: experimentNumber(id) }
      if (kind === 'metric') await settle()
      const keys = await keysOf(db, { ...key, kind, search, after: cursor, limit: limit + 1 })
      return pageOf(keys, limit, (name) => name)
    },
  }
}

const presentRow = (row: CountedRow): ExperimentRow => ({
  ...present(row),
  runs: row.runs,
  running: row.running,
  lastRunMs: row.last_run_ms,
})
