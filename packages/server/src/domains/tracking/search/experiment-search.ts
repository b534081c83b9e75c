import { type Experiment, experimentGrammar, type OrderKey, parseFilter, parseOrderBy } from '@evenkeel/contract'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { present } from '../experiments.ts'
import { searchExperiments } from './experiment-search-store.ts'
import { requireMost } from './limits.ts'
import { pageTokens } from '../../../platform/page-token.ts'
import { readQuery } from './read-query.ts'
import type { View } from './run-search-store.ts'

export interface ExperimentSearch {
  readonly filter: string
  readonly view: View
  readonly maxResults: number
  readonly orderBy: readonly string[]
  readonly pageToken?: string | undefined
}

interface ExperimentSearchDeps {
  readonly db: Db
  ensureDefault(projectId: string): Promise<void>
}

const byAge: readonly OrderKey[] = [
  { entity: 'attribute', key: 'creation_time', descending: true },
  { entity: 'attribute', key: 'experiment_id', descending: false },
]

export function createExperimentSearch({ db, ensureDefault }: ExperimentSearchDeps) {
  return {
    /** @throws DomainError `tracking.bad_filter`, or `http.invalid_request` for a page token of another query */
    async search(
      { projectId }: Caller,
      { filter: text, view, maxResults, orderBy, pageToken }: ExperimentSearch,
    ): Promise<{ experiments: Experiment[]; nextPageToken: string | null }> {
      requireMost(maxResults, 50_000)
      const filter = readQuery(() => parseFilter(text, experimentGrammar))
      const order = orderBy.length > 0 ? readQuery(() => parseOrderBy(orderBy, experimentGrammar)) : byAge
      const tokens = pageTokens({ search: 'experiments', projectId, text, view, orderBy })
      const position = pageToken ? tokens.decode(pageToken).values : undefined
      await ensureDefault(projectId)

      const rows = await searchExperiments(db, { projectId, view, filter, order, limit: maxResults + 1, position })
      const experiments = rows.slice(0, maxResults).map(present)
      const last = rows[maxResults - 1]
      const isMore = rows.length > maxResults
      return { experiments, nextPageToken: isMore ? tokens.encode({ values: last!.position }) : null }
    },
  }
}
