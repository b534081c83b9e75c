import type { DatasetVersion } from '@evenkeel/contract'
import type { PipelinesDeps } from '../needs.ts'
import { firingsStore } from './firings-store.ts'
import type { Occasion } from './occasion.ts'
import type { TriggerRow } from './store.ts'
import { completeMonths } from './window.ts'

/** The newest complete month, when this trigger has not fired for it or a later one. */
export async function monthEnded(
  deps: PipelinesDeps,
  trigger: TriggerRow,
  dataset: string,
): Promise<Occasion | undefined> {
  const versions = await everyVersion(deps, trigger.project_id, dataset)
  const newest = completeMonths(versions).at(-1)
  if (newest === undefined) return undefined
  const month = new Date(newest).toISOString().slice(0, 7)
  const before = await firingsStore(deps.db).newestMonth(trigger)
  if (before !== undefined && before >= month) return undefined
  return {
    kind: 'schedule',
    dedupeKey: month,
    says: `The data of "${dataset}" is complete to the end of ${month}.`,
    eventTime: newestEvent(versions),
  }
}

/** Every accepted version that has an event time, by event time. */
export const everyVersion = (deps: PipelinesDeps, projectId: string, dataset: string): Promise<DatasetVersion[]> =>
  deps.datasets.versionsCovering(projectId, dataset, '0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z')

const newestEvent = (versions: readonly DatasetVersion[]): string | null =>
  versions
    .flatMap(({ eventTimeMax }) => eventTimeMax ?? [])
    .toSorted((a, b) => Date.parse(a) - Date.parse(b))
    .at(-1) ?? null
