import { periodic } from '../../platform/jobs.ts'
import type { Log } from '../../platform/logging.ts'
import { createCurves } from './curves.ts'
import { createExperimentList } from './experiment-list.ts'
import { createExperiments, type ExperimentsDeps } from './experiments.ts'
import { createRegistrations } from './registrations.ts'
import { createInputs } from './inputs.ts'
import { createLoggedModels } from './logged-models.ts'
import { createMetricJournal } from './metric-journal.ts'
import { createMetricHistory } from './metric-history.ts'
import { createPurge } from './purge.ts'
import type { PurgeNeeds } from './purge-plan.ts'
import { createRunChanges } from './run-changes.ts'
import { createRunDetails } from './run-details.ts'
import { createRunLog } from './run-log.ts'
import { createRuns } from './runs.ts'
import { createRunViews } from './run-views.ts'
import { createRetention } from './retention/service.ts'
import { createStepRuns, type StepRunsDeps } from './step-runs.ts'
import { createSearch } from './search/service.ts'
import { createExperimentImports } from './imports/experiment-imports.ts'
import { createRunImports } from './imports/run-imports.ts'

/** What tracking needs from the rest of the platform. `app.ts` hands it over. */
export type TrackingDeps = ExperimentsDeps & PurgeNeeds & Pick<StepRunsDeps, 'stepBehind'> & { readonly log: Log }

export type Tracking = ReturnType<typeof createTracking>

export function createTracking(needs: TrackingDeps) {
  const journal = createMetricJournal(needs)
  // Whatever reads metrics settles first: it sees every point that was acknowledged.
  const deps = { ...needs, journal, settle: journal.settle }
  const experiments = createExperiments(deps)
  const inputs = createInputs(deps)
  const stepRuns = createStepRuns({ ...deps, experimentNamed: experiments.named })
  const purge = createPurge(deps)
  const retention = createRetention({ ...deps, purgeRuns: purge.purgeRuns, experiment: experiments.get })
  return {
    experiments,
    experimentList: createExperimentList({ ...deps, ensureDefault: experiments.ensureDefault }),
    runs: createRuns({ ...deps, ensureDefault: experiments.ensureDefault }),
    loggedModels: createLoggedModels({ ...deps, activeExperiment: experiments.getActive }),
    runLog: createRunLog(deps),
    inputs,
    runDetails: createRunDetails(deps),
    history: createMetricHistory(deps),
    curves: createCurves(deps),
    runViews: createRunViews({ ...deps, experiment: experiments.get, activeExperiment: experiments.getActive }),
    registrations: createRegistrations(deps),
    search: createSearch({ ...deps, ensureDefault: experiments.ensureDefault }),
    experimentImports: createExperimentImports({ ...deps, ensureDefault: experiments.ensureDefault }),
    runImports: createRunImports({ ...deps, addInputs: inputs.add }),
    runChanges: createRunChanges({ ...deps, admit: stepRuns.admit }),
    purge,
    retention,
    jobs: [periodic('tracking.sweep_points', 3600, purge.sweep), ...retention.jobs],
    stepRuns,
    settle: journal.settle,
    background: journal.background,
  }
}
