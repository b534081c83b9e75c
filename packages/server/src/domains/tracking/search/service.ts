import type { Db } from '../../../platform/db.ts'
import { createExperimentSearch } from './experiment-search.ts'
import { createLoggedModelSearch } from './model-search.ts'
import { createRunGroups } from './run-groups.ts'
import { createRunSearch } from './run-search.ts'
import { createRunTable } from './run-table.ts'

interface SearchDeps {
  readonly db: Db
  ensureDefault(projectId: string): Promise<void>
}

export function createSearch(deps: SearchDeps) {
  return {
    experiments: createExperimentSearch(deps).search,
    runs: createRunSearch(deps).search,
    table: createRunTable(deps).search,
    ...createRunGroups(deps),
    loggedModels: createLoggedModelSearch(deps).search,
  }
}
