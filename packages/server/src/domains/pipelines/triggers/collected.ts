import { type Db, json } from '../../../platform/db.ts'
import { firingsStore } from './firings-store.ts'
import type { Occasion } from './occasion.ts'
import type { TriggerKey } from './store.ts'

interface Wait {
  /** Id of the firing. */
  readonly id: string
  /** When the first of what is collected came. */
  readonly firedAt: Date
  readonly due: Date
}

/** Writes down what a trigger collects until it is due. The pipeline must be locked. */
export async function saveCollected(
  tx: Db,
  { project_id, pipeline, name }: TriggerKey,
  { kind, dedupeKey, says, evidence, params, eventTime }: Occasion,
  { id, firedAt, due }: Wait,
): Promise<void> {
  await firingsStore(tx).saveFiring({
    id,
    project_id,
    pipeline,
    trigger: name,
    kind,
    dedupe_key: dedupeKey,
    outcome: 'pending',
    says: `${says} Waits until ${due.toISOString()} for more to come.`,
    occasion: says,
    evidence: json(evidence ?? {}),
    params: json(params ?? {}),
    event_time: eventTime,
    waits_for: 'quiet',
    due_at: due,
    fired_at: firedAt,
  })
}
