import type { TriggerKind, TriggerReason } from '@evenkeel/contract'
import type { Params } from '../engine/plan.ts'
import type { FiringRow } from './firings-store.ts'

/** What made a trigger fire. */
export interface Occasion {
  readonly kind: TriggerKind
  /** The same occasion fires once: a month as `2001-03`, or the id of an event. */
  readonly dedupeKey: string
  readonly says: string
  readonly eventTime: TriggerReason['eventTime']
  /** How many runs led to it, one through the other. */
  readonly depth?: number
  readonly evidence?: Readonly<Record<string, unknown>>
  /** What it gives the run by itself. */
  readonly params?: Params
  /** Why it starts nothing, whatever else is true. */
  readonly against?: string
}

/** The occasion of a firing that waits. */
export const occasionOf = (row: FiringRow): Occasion => ({
  kind: row.kind,
  dedupeKey: row.dedupe_key,
  says: row.occasion,
  eventTime: row.event_time?.toISOString() ?? null,
  depth: row.depth,
  evidence: row.evidence as Occasion['evidence'] & object,
  params: row.params as Params,
})

const deepest = 5

/** A run that starts what started it would never end. */
export const whyTooDeep = ({ depth = 0 }: Occasion): string | undefined =>
  depth > deepest
    ? `This is a loop: ${depth} runs have started one another. Break it where a trigger leads back to its own pipeline.`
    : undefined
