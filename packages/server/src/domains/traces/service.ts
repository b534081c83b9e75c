import { createAssessments } from './assessments.ts'
import type { TracesDeps } from './deps.ts'
import { createTraceSearch } from './search/search.ts'
import { createSpans } from './spans.ts'
import { createTraces as createWholes } from './traces.ts'

export function createTraces(deps: TracesDeps) {
  return {
    ...createWholes(deps),
    addSpans: createSpans(deps).add,
    search: createTraceSearch(deps).search,
    assessments: createAssessments(deps),
  }
}
