import { createExperiments, type ExperimentsDeps } from './experiments.ts'
import { createRegistrations } from './registrations.ts'
import { createInputs } from './inputs.ts'
import { createLoggedModels } from './logged-models.ts'
import { createMetricHistory } from './metric-history.ts'
import { createRunLog } from './run-log.ts'
import { createRuns } from './runs.ts'
import { createStepRuns, type StepRunsDeps } from './step-runs.ts'
import { createSearch } from './search/service.ts'

/** What tracking needs from the rest of the platform. `app.ts` hands it over. */
export type TrackingDeps = ExperimentsDeps & Pick<StepRunsDeps, 'stepBehind'>

export function createTracking(deps: TrackingDeps) {
  const experiments = createExperiments(deps)
  return {
    experiments,
    runs: createRuns({ ...deps, ensureDefault: experiments.ensureDefault }),
    loggedModels: createLoggedModels({ ...deps, activeExperiment: experiments.getActive }),
    runLog: createRunLog(deps),
    inputs: createInputs(deps),
    history: createMetricHistory(deps),
    registrations: createRegistrations(deps),
    search: createSearch({ ...deps, ensureDefault: experiments.ensureDefault }),
    stepRuns: createStepRuns({ ...deps, experimentNamed: experiments.named }),
  }
}
