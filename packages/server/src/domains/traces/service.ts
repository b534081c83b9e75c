import { periodic } from '../../platform/jobs.ts'
import { createAssessments } from './assessments.ts'
import type { TracesDeps } from './deps.ts'
import { createRemoval } from './removal.ts'
import { createTraceSearch } from './search/search.ts'
import { createSpans } from './spans.ts'
import { createTraces as createWholes } from './traces.ts'

export type Traces = ReturnType<typeof createTraces>

export function createTraces(deps: TracesDeps) {
  const removal = createRemoval(deps)
  return {
    removal,
    jobs: [periodic('traces.sweep', 3600, removal.sweep)],
    ...createWholes(deps),
    addSpans: createSpans(deps).add,
    search: createTraceSearch(deps).search,
    assessments: createAssessments(deps),
  }
}
