import { monitoringErrors } from '@evenkeel/contract'
import { failures } from '../../platform/errors.ts'

const fail = failures(monitoringErrors)

/** Last moment that PostgreSQL and JavaScript both can tell, in epoch milliseconds. */
const lastMs = 8.64e15

export interface LabelBatch {
  readonly ids: readonly string[]
  readonly labels: readonly number[]
  readonly eventTimesMs: readonly number[]
  readonly completeUntil?: string | undefined
}

/** A batch that fits: ids ascending and each once, a later label in place of an earlier one. */
export interface CheckedLabels {
  readonly ids: readonly string[]
  readonly labels: readonly number[]
  readonly eventTimesMs: readonly number[]
  readonly completeUntil: Date | undefined
}

/** @throws DomainError `monitoring.bad_labels` naming the first entry that does not fit */
export function readLabels({ ids, labels, eventTimesMs, completeUntil }: LabelBatch): CheckedLabels {
  if (ids.length !== labels.length || ids.length !== eventTimesMs.length) {
    throw bad(`${ids.length} ids, ${labels.length} labels and ${eventTimesMs.length} event times do not line up`)
  }
  const wrongLabel = labels.findIndex((label) => label !== 0 && label !== 1)
  if (wrongLabel >= 0) throw bad(`label ${wrongLabel} is ${labels[wrongLabel]}, and 0 and 1 are what there is`)
  const wrongTime = eventTimesMs.findIndex((time) => !(Math.abs(time) <= lastMs))
  if (wrongTime >= 0) throw bad(`event time ${wrongTime} is ${eventTimesMs[wrongTime]}, which is no time`)
  const last = new Map(ids.map((id, i) => [id, labels[i]!]))
  const pairs = [...last].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    ids: pairs.map(([id]) => id),
    labels: pairs.map(([, label]) => label),
    eventTimesMs,
    completeUntil: completeUntil === undefined ? undefined : new Date(completeUntil),
  }
}

const bad = (reason: string) =>
  fail('monitoring.bad_labels', { reason }, { why: `The labels were refused: ${reason}.` })
