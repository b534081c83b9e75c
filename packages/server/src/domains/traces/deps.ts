import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'

interface ExperimentPlace {
  readonly id: string
  readonly artifactLocation: string
}

/** What traces need from the rest of the platform. `app.ts` hands it over. */
export interface TracesDeps {
  readonly db: Db
  readonly now: () => Date
  /** An experiment that can be written to. @throws DomainError */
  readonly activeExperiment: (caller: Caller, id: string) => Promise<ExperimentPlace>
  /** Files under names, which another domain keeps. */
  readonly files: { deleteBelow(tx: Db, projectId: string, folders: readonly string[]): Promise<void> }
  /** @throws DomainError when there is no such run */
  readonly requireRun: (caller: Caller, runId: string) => Promise<unknown>
}

/** Where files that belong to a trace lie. */
export const locationOf = ({ artifactLocation }: ExperimentPlace, traceId: string): string =>
  `${artifactLocation.replace(/\/+$/, '')}/traces/${traceId}/artifacts`
