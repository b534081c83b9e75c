import { createExperiments, type ExperimentsDeps } from './experiments.ts'
import { createLoggedModels } from './logged-models.ts'
import { createRuns } from './runs.ts'

/** What tracking needs from the rest of the platform. `app.ts` hands it over. */
export type TrackingDeps = ExperimentsDeps

export type Tracking = ReturnType<typeof createTracking>

export function createTracking(deps: TrackingDeps) {
  const experiments = createExperiments(deps)
  const loggedModels = createLoggedModels({ ...deps, activeExperiment: experiments.getActive })
  return { experiments, loggedModels, runs: createRuns(deps) }
}
