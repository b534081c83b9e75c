import { FilterError, type LoggedModel, loggedModelGrammar, orderable, parseFilter } from '@evenkeel/contract'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { presentLoggedModel } from '../logged-models.ts'
import { experimentNumbers } from './experiment-numbers.ts'
import { requireMost } from './limits.ts'
import { type ModelDataset, type ModelOrder, searchModels } from './model-search-store.ts'
import { pageTokens } from '../../../platform/page-token.ts'
import { readQuery } from './read-query.ts'

export interface LoggedModelSearch {
  readonly experimentIds: readonly string[]
  readonly filter: string
  /** Clauses on metrics are about these data sets alone; without such a clause, a metric on one of them is asked for. */
  readonly datasets: readonly ModelDataset[]
  readonly maxResults: number
  readonly orderBy: readonly (ModelDataset & { readonly field: string; readonly ascending: boolean })[]
  readonly pageToken?: string | undefined
}

export function createLoggedModelSearch({ db }: { readonly db: Db }) {
  return {
    /** @throws DomainError `tracking.bad_filter`, or `http.invalid_request` for a page token of another query */
    async search(
      { projectId }: Caller,
      { experimentIds, filter: text, datasets, maxResults, orderBy, pageToken }: LoggedModelSearch,
    ): Promise<{ models: LoggedModel[]; nextPageToken: string | null }> {
      requireMost(maxResults, 5000)
      const filter = readQuery(() => parseFilter(text, loggedModelGrammar))
      const order = readQuery(() => orderBy.map(orderOf))
      const tokens = pageTokens({ search: 'models', projectId, experimentIds, text, datasets, orderBy })
      const position = pageToken ? tokens.decode(pageToken).values : undefined

      const rows = await searchModels(db, {
        projectId,
        experimentIds: experimentNumbers(experimentIds),
        filter,
        datasets,
        order,
        limit: maxResults + 1,
        position,
      })
      const models = rows.slice(0, maxResults).map(presentLoggedModel)
      const last = rows[maxResults - 1]
      const isMore = rows.length > maxResults
      return { models, nextPageToken: isMore ? tokens.encode({ values: last!.position }) : null }
    },
  }
}

/** What stands behind `metrics.` is the name as it is, without quotes. */
function orderOf({ field, ascending, name, digest }: LoggedModelSearch['orderBy'][number]): ModelOrder {
  if (digest !== undefined && name === undefined) {
    throw new FilterError('`dataset_digest` can only be specified if `dataset_name` is also specified.', 0)
  }
  const dot = field.indexOf('.')
  const prefix = dot < 0 ? null : field.slice(0, dot)
  if (prefix !== null && prefix !== 'metrics') {
    throw new FilterError(`Invalid order by field name: ${field}, only \`metrics.<name>\` is allowed.`, 0)
  }
  const key = orderable(loggedModelGrammar, prefix, field.slice(dot + 1).trim())
  return { ...key, descending: !ascending, dataset: { name, digest } }
}
