import { createExperiments, type ExperimentsDeps } from './experiments.ts'
import { createSearch } from './search/service.ts'

/** What tracking needs from the rest of the platform. `app.ts` hands it over. */
export type TrackingDeps = ExperimentsDeps

export type Tracking = ReturnType<typeof createTracking>

export function createTracking(deps: TrackingDeps) {
  const experiments = createExperiments(deps)
  return { experiments, search: createSearch({ ...deps, ensureDefault: experiments.ensureDefault }) }
}
