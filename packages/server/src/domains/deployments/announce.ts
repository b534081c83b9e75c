import { deploymentsEvents } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import { publish } from '../../platform/events.ts'
import { isEnded } from './moves.ts'
import type { RolloutRow } from './rows.ts'

/** Tells that a rollout is in a new state. */
export async function announce(tx: Db, row: RolloutRow): Promise<void> {
  const { id: rolloutId, project_id: projectId, endpoint, environment, model, to_version: version, state } = row
  const event = { projectId, subject: rolloutId, rolloutId, endpoint, model, version, state }
  await publish(tx, deploymentsEvents, 'deployments.rollout_changed', event)
  if (isEnded(state)) {
    const eventTime = row.event_time_end?.toISOString() ?? null
    await publish(tx, deploymentsEvents, 'deployments.rollout_ended', { ...event, environment, eventTime })
  }
  await tellEndpoint(tx, row)
}

/** Tells that an endpoint, or the numbers of its rollout, look different. */
export async function tellEndpoint(
  tx: Db,
  { project_id: projectId, endpoint }: Pick<RolloutRow, 'project_id' | 'endpoint'>,
): Promise<void> {
  await publish(tx, deploymentsEvents, 'deployments.endpoint_changed', { projectId, subject: endpoint, endpoint })
}
