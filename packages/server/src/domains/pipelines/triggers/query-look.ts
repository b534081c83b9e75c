import { createHash } from 'node:crypto'
import type { PipelinesDeps } from '../needs.ts'
import { type Secrets, SecretUnavailable } from '../secrets/service.ts'
import { fire } from './fire.ts'
import { CannotLook } from './folder.ts'
import type { Occasion } from './occasion.ts'
import { ask, type QuerySource } from './query.ts'
import type { TriggerRow } from './store.ts'
import { type WatchRow, watchStore } from './watch-store.ts'

export interface WatchDeps extends PipelinesDeps {
  readonly secrets: Pick<Secrets, 'valuesFor'>
}

/** @throws CannotLook */
export async function askFor(
  { secrets }: Pick<WatchDeps, 'secrets'>,
  projectId: string,
  { connectionSecret, query }: QuerySource,
): Promise<string | null> {
  try {
    const { url } = await secrets.valuesFor(projectId, { url: connectionSecret })
    return await ask(url!, query)
  } catch (error) {
    throw error instanceof SecretUnavailable ? new CannotLook(error.message) : error
  }
}

/**
 * Asks a query, and fires when it gives another value than before; the first one is only remembered.
 *
 * @throws CannotLook
 */
export async function lookAtQuery(
  deps: WatchDeps,
  trigger: TriggerRow,
  source: QuerySource,
  watch: WatchRow,
): Promise<void> {
  const value = await askFor(deps, trigger.project_id, source)
  const isNews = watch.is_known && value !== watch.value
  if (isNews) await fire(deps, trigger, valueOccasion(source, watch, value))
  else if (watch.is_known && watch.problem === null) return
  const told = watch.told + (isNews ? 1 : 0)
  await watchStore(deps.db).saveWatch(watch, { is_known: true, value, problem: null, told })
}

export const wordsOf = (value: string | null): string =>
  value === null ? 'null' : `"${value.length <= 100 ? value : `${value.slice(0, 100)}…`}"`

function valueOccasion({ param }: QuerySource, watch: WatchRow, value: string | null): Occasion {
  return {
    kind: 'sql',
    dedupeKey: occasionKey(watch, JSON.stringify(value)),
    says: `The query gives ${wordsOf(value)}; before it was ${wordsOf(watch.value)}.`,
    eventTime: null,
    evidence: { value, before: watch.value },
    params: param === undefined ? {} : { [param]: value },
  }
}

/** The next occasion of a watch: the same again when the server dies before it is remembered. */
export const occasionKey = ({ started_at: startedAt, told }: WatchRow, what: string): string =>
  `${startedAt.toISOString()}/${told + 1}/${createHash('sha256').update(what).digest('hex').slice(0, 16)}`
