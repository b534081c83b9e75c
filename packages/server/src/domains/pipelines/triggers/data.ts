import { type DatasetVersion, type Debounce, plural, type TriggerSpec } from '@evenkeel/contract'
import { localCaller } from '../../../platform/auth.ts'
import { DomainError } from '../../../platform/errors.ts'
import type { PipelinesDeps } from '../needs.ts'
import { type FiringRow, firingsStore } from './firings-store.ts'
import type { Occasion } from './occasion.ts'
import type { TriggerRow } from './store.ts'

export type DataSource = Extract<TriggerSpec['on'], { kind: 'data' }>

export interface Arrival {
  readonly dataset: string
  readonly version: number
  readonly rowCount: number
  readonly eventTime: string | null
}

export const nameOf = ({ dataset, version }: Arrival) => `${dataset}@${version}`

/** What is known of versions that fire together. */
interface Collected {
  readonly versions: readonly string[]
  readonly rowCount: number
}

/** @param before - the versions that it fires together with */
export function dataOccasion(arrival: Arrival, before?: FiringRow): Occasion & { readonly evidence: object } {
  const earlier = (before?.evidence ?? { versions: [], rowCount: 0 }) as Collected
  const versions = [...earlier.versions, nameOf(arrival)]
  const rowCount = earlier.rowCount + arrival.rowCount
  const { dataset, version } = arrival
  return {
    kind: 'data',
    dedupeKey: before?.dedupe_key ?? nameOf(arrival),
    says:
      versions.length === 1
        ? `Version ${version} of "${dataset}" was accepted, with ${plural(rowCount, 'row')}.`
        : `${versions.length} versions of "${dataset}" were accepted, ${versions[0]} to ${nameOf(arrival)}, with ${plural(rowCount, 'row')}.`,
    eventTime: latest(before?.event_time?.toISOString() ?? null, arrival.eventTime),
    evidence: { versions, rowCount },
  }
}

const latest = (a: string | null, b: string | null): string | null =>
  a === null || (b !== null && Date.parse(b) > Date.parse(a)) ? b : a

/** When a firing is due: after the quiet, and at the latest so long after its first event. */
export const dueAt = ({ quietSeconds, maxWaitSeconds }: Debounce, firstAt: Date, lastAt: Date): Date =>
  new Date(Math.min(lastAt.getTime() + quietSeconds * 1000, firstAt.getTime() + maxWaitSeconds * 1000))

/** Why the data is too little to fire for, or `undefined` when it is enough. */
export async function whyTooFew(
  deps: PipelinesDeps,
  trigger: TriggerRow,
  on: TriggerSpec['on'],
  { evidence }: Occasion,
): Promise<string | undefined> {
  if (on.kind !== 'data' || on.minNewRows === 0) return undefined
  const { rowCount = 0 } = (evidence ?? {}) as Partial<Collected>
  const count = rowCount + (await firingsStore(deps.db).rowsPassedOver(trigger))
  if (count >= on.minNewRows) return undefined
  return `There are ${count} new rows since the last run, and ${on.minNewRows} are needed.`
}

/** Newest first, the newest 500; none of a dataset that is not there yet. */
export async function acceptedVersions(
  { datasets }: PipelinesDeps,
  { project_id: projectId }: TriggerRow,
  dataset: string,
): Promise<DatasetVersion[]> {
  try {
    const { items } = await datasets.listVersions({ ...localCaller, projectId }, dataset, { limit: 500 })
    return items.filter(({ state }) => state === 'accepted')
  } catch (error) {
    if (error instanceof DomainError && error.status === 404) return []
    throw error
  }
}
