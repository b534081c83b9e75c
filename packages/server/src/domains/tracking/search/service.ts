import type { Db } from '../../../platform/db.ts'
import type { Settle } from '../metric-journal.ts'
import { createExperimentSearch } from './experiment-search.ts'
import { createLoggedModelSearch } from './model-search.ts'
import { createRunGroups } from './run-groups.ts'
import { createRunSearch } from './run-search.ts'
import { createRunTable } from './run-table.ts'

interface SearchDeps {
  readonly db: Db
  readonly settle: Settle
  ensureDefault(projectId: string): Promise<void>
}

export function createSearch(deps: SearchDeps) {
  const groups = createRunGroups(deps)
  /** A search that reads metrics, of runs that nobody knows before. */
  const settled =
    <A extends unknown[], T>(search: (...asked: A) => Promise<T>) =>
    async (...asked: A): Promise<T> => {
      await deps.settle()
      return search(...asked)
    }
  return {
    experiments: createExperimentSearch(deps).search,
    runs: settled(createRunSearch(deps).search),
    table: settled(createRunTable(deps).search),
    count: settled(groups.count),
    aggregate: settled(groups.aggregate),
    loggedModels: createLoggedModelSearch(deps).search,
  }
}
