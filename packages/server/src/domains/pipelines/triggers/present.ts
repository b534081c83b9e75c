import { type Firing, type Trigger, TriggerSpec } from '@evenkeel/contract'
import { iso } from '../present.ts'
import type { FiringRow } from './firings-store.ts'
import { pauseOf } from './pause.ts'
import type { ProjectPauseRow, TriggerRow } from './store.ts'

export const presentFiring = (row: FiringRow): Firing => ({
  id: row.id,
  pipeline: row.pipeline,
  trigger: row.trigger,
  kind: row.kind,
  outcome: row.outcome,
  says: row.says,
  eventTime: iso(row.event_time),
  evidence: row.evidence as Firing['evidence'],
  dueAt: iso(row.due_at),
  runId: row.run_id,
  firedAt: row.fired_at.toISOString(),
})

export const presentTrigger = (
  row: TriggerRow,
  lastFiring: FiringRow | undefined,
  projectPause: ProjectPauseRow | undefined,
  problem: string | null | undefined,
): Trigger => ({
  pipeline: row.pipeline,
  name: row.name,
  spec: TriggerSpec.parse(row.spec),
  paused: pauseOf(row, projectPause),
  lastFiring: lastFiring ? presentFiring(lastFiring) : null,
  nextAt: iso(row.next_at ?? lastFiring?.due_at ?? null),
  problem: problem ?? null,
})
