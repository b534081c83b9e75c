import type { Debounce } from '@evenkeel/contract'
import { randomUUIDv7 } from 'node:crypto'
import type { PipelinesDeps } from '../needs.ts'
import { pipelinesStore } from '../store.ts'
import { saveCollected } from './collected.ts'
import { type Arrival, dataOccasion, type DataSource, dueAt, nameOf } from './data.ts'
import { fire } from './fire.ts'
import { firingsStore } from './firings-store.ts'
import type { TriggerRow } from './store.ts'

/** A version was accepted: fires, or joins what is being collected. */
export async function dataArrived(
  deps: PipelinesDeps,
  trigger: TriggerRow,
  { debounce }: DataSource,
  arrival: Arrival,
): Promise<void> {
  if (await firingsStore(deps.db).firingWith(trigger, nameOf(arrival))) return
  if (debounce) await collect(deps, trigger, debounce, arrival)
  else await fire(deps, trigger, dataOccasion(arrival))
}

function collect(deps: PipelinesDeps, trigger: TriggerRow, debounce: Debounce, arrival: Arrival): Promise<void> {
  const { project_id, pipeline } = trigger
  return deps.db.transaction().execute(async (tx) => {
    await pipelinesStore(tx).lockPipeline(project_id, pipeline)
    const firings = firingsStore(tx)
    if (await firings.firingWith(trigger, nameOf(arrival))) return
    const before = await firings.quietFiring(trigger)
    const occasion = dataOccasion(arrival, before)
    const now = deps.now()
    const firedAt = before?.fired_at ?? now
    const due = dueAt(debounce, firedAt, now)
    await saveCollected(tx, trigger, occasion, { id: before?.id ?? randomUUIDv7(), firedAt, due })
  })
}
