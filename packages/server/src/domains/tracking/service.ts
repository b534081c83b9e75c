import { createExperiments, type ExperimentsDeps } from './experiments.ts'
import { createRegistrations } from './registrations.ts'

/** What tracking needs from the rest of the platform. `app.ts` hands it over. */
export type TrackingDeps = ExperimentsDeps

export type Tracking = ReturnType<typeof createTracking>

export function createTracking(deps: TrackingDeps) {
  return { experiments: createExperiments(deps), registrations: createRegistrations(deps) }
}
