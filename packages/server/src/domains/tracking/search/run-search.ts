import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { experimentNumbers } from './experiment-numbers.ts'
import { requireMost } from './limits.ts'
import { createRunFinder } from './run-finder.ts'
import { type RunRow, runSearchStore, type RunTexts, type View } from './run-search-store.ts'

export interface RunSearch {
  readonly experimentIds: readonly string[]
  readonly filter: string
  readonly view: View
  readonly maxResults: number
  readonly orderBy: readonly string[]
  readonly pageToken?: string | undefined
}

/** A run, with its lists as the items of JSON arrays: nobody takes them apart on the way to the client. */
export type FoundRun = RunRow & RunTexts

export interface FoundRuns {
  readonly runs: readonly FoundRun[]
  readonly nextPageToken: string | null
}

/** Runs whose lists are read by one statement, and the characters after which a page ends early. */
const chunk = 500
const budget = 32 * 1024 ** 2

/** Runs with everything that they have. */
export function createRunSearch({ db }: { readonly db: Db }) {
  const store = runSearchStore(db)
  const finder = createRunFinder(db)

  async function withTexts(rows: readonly RunRow[]): Promise<FoundRun[]> {
    const runs: FoundRun[] = []
    let size = 0
    for (let at = 0; at < rows.length && size < budget; at += chunk) {
      const some = rows.slice(at, at + chunk)
      const texts = await store.texts(some.map(({ run_number }) => run_number))
      runs.push(...some.map((row, index) => ({ ...row, ...texts[index]! })))
      size += texts.reduce(
        (sum, { metrics, params, tags, datasets }) =>
          sum + metrics.length + params.length + tags.length + datasets.length,
        0,
      )
    }
    return runs
  }

  return {
    /** @throws DomainError `tracking.bad_filter`, or `http.invalid_request` for a page token of another query */
    async search({ projectId }: Caller, request: RunSearch): Promise<FoundRuns> {
      const { experimentIds, maxResults: limit, ...rest } = request
      requireMost(limit, 50_000)
      const found = await finder.page({ ...rest, projectId, experimentIds: experimentNumbers(experimentIds), limit })
      const runs = await withTexts(found.rows)
      return { runs, nextPageToken: found.tokenAfter(runs.length) }
    },
  }
}
