import { z } from 'zod'
import { MlflowExperiment } from './experiments.ts'
import { defineRpcs } from './rpc.ts'
import { MlflowRun } from './runs.ts'
import { enumeration, int32, repeated } from './scalars.ts'

const read = { versions: ['2.0'], access: 'tracking:read' } as const
const view = enumeration({ ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 }).default('ACTIVE_ONLY')

const search = z.object({
  filter: z.string().default(''),
  max_results: int32.default(1000),
  order_by: repeated(z.string()),
  page_token: z.string().optional(),
})

/** Searches of the MLflow client; docs/search.md describes their language. */
export const mlflowSearch = defineRpcs({
  searchExperiments: {
    ...read,
    methods: ['POST', 'GET'],
    path: 'experiments/search',
    summary: 'Find experiments, newest first.',
    request: search.extend({ view_type: view }),
    response: z.object({ experiments: z.array(MlflowExperiment), next_page_token: z.string().optional() }),
  },
  searchRuns: {
    ...read,
    methods: ['POST'],
    path: 'runs/search',
    summary: 'Find runs of experiments, newest first.',
    request: search.extend({ experiment_ids: repeated(z.string()), run_view_type: view }),
    response: z.object({ runs: z.array(MlflowRun), next_page_token: z.string().optional() }),
  },
})
