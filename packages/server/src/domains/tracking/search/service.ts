import type { Db } from '../../../platform/db.ts'
import { createExperimentSearch } from './experiment-search.ts'
import { createRunSearch } from './run-search.ts'

interface SearchDeps {
  readonly db: Db
  ensureDefault(projectId: string): Promise<void>
}

export function createSearch(deps: SearchDeps) {
  return {
    experiments: createExperimentSearch(deps).search,
    runs: createRunSearch(deps).search,
  }
}
