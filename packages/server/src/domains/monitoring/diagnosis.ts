import type { Incident, MonitorWindow } from '@evenkeel/contract'
import { kitagawa } from '@evenkeel/numerics'
import type { LossOfFeature } from './loss-by-bin.ts'
import { day, figure, percent } from './words.ts'

export type Reason = Incident['why'][number]

/** Something that happened around the incident: a rollout, a refused dataset version. */
export interface Change {
  readonly says: string
  readonly link: string | null
  /** Event time, or wall-clock time where there is none. */
  readonly at: string
}

export interface Evidence {
  readonly monitor: string
  /** The window at which the incident opened. */
  readonly bad: MonitorWindow
  /** The best earlier window, and the log loss of both by feature; undefined when there is none to compare with. */
  readonly good: MonitorWindow | undefined
  readonly lossBefore: readonly LossOfFeature[]
  readonly lossNow: readonly LossOfFeature[]
  readonly changes: readonly Change[]
}

/** Weight of something that happened at the time: more than a weak statistical reason, less than a strong one. */
const coincidence = 0.5
/** Weight of data that is not as it should be. */
const brokenData = 0.9
const leastWeight = 0.02
const mostReasons = 8

/**
 * Why, ranked. The weight of an input, in [0, 1], is the stronger of two signs: the part of the change in log loss
 * that its new mix explains (Kitagawa), and its importance where it drifted, in full from the threshold on.
 */
export function diagnose(evidence: Evidence): Reason[] {
  const explained = explainLoss(evidence)
  const reasons = [
    ...evidence.bad.columns.map((column) => columnReason(evidence, column, explained.get(column.feature))),
    ...withinReason(explained),
    ...evidence.bad.quality.findings.map((says) => ({
      says: `${says}.`,
      weight: brokenData,
      feature: null,
      link: null,
    })),
    ...evidence.changes.map(changeReason),
  ]
  return reasons
    .filter(({ weight }) => weight >= leastWeight)
    .toSorted((a, b) => b.weight - a.weight)
    .slice(0, mostReasons)
}

interface Explained {
  /** Change of the mean log loss, in nats. */
  readonly change: number
  /** Part of it that comes from another mix of values. */
  readonly mix: number
  /** The value whose share matters most. */
  readonly leading: { readonly value: string; readonly before: number; readonly now: number }
}

/** Kitagawa decomposition of the change in log loss, by feature. */
function explainLoss({ lossBefore, lossNow }: Evidence): Map<string, Explained> {
  const pairs = lossNow.flatMap((now) => {
    const before = lossBefore.find(({ feature }) => feature === now.feature)
    return before ? [{ feature: now.feature, before: before.groups, now: now.groups }] : []
  })
  return new Map(
    pairs.map(({ feature, before, now }) => {
      const { change, mix, contributions } = kitagawa(before, now)
      const { value } = contributions.reduce((most, each) => (Math.abs(each.mix) > Math.abs(most.mix) ? each : most))
      const shareIn = (groups: typeof now) => groups.find((group) => group.value === value)?.share ?? 0
      return [feature, { change, mix, leading: { value, before: shareIn(before), now: shareIn(now) } }]
    }),
  )
}

/** Part of the rise that the mix explains, in [0, 1]; nothing when the loss did not rise or the mix lowered it. */
const partOf = ({ mix, change }: Explained) => (change > 0 && mix > 0 ? Math.min(1, mix / change) : 0)

function columnReason(
  { monitor, bad }: Evidence,
  { feature, relative, importance, says }: MonitorWindow['columns'][number],
  explained: Explained | undefined,
): Reason {
  const part = explained ? partOf(explained) : 0
  const drifted = relative !== null && relative >= 1 ? (importance ?? 0) : 0
  const sentences = [says]
  if (drifted > 0) sentences.push(`It carries ${percent(drifted)} of the model's gain.`)
  if (explained && part >= leastWeight) sentences.push(mixSentence(explained, part))
  return {
    says: sentences.join('. ').replaceAll('..', '.'),
    weight: Math.max(part, drifted),
    feature,
    link: `/monitors/${monitor}?window=${bad.start}&feature=${encodeURIComponent(feature)}`,
  }
}

const mixSentence = ({ change, leading }: Explained, part: number) =>
  `Its new mix explains ${percent(part)} of the rise in log loss of ${figure(change)} nats; the share of ` +
  `${leading.value} went from ${percent(leading.before)} to ${percent(leading.now)}.`

/** What no single input explains by its mix: the outcome itself has changed for the same inputs. */
function withinReason(explained: ReadonlyMap<string, Explained>): Reason[] {
  const all = [...explained.values()]
  const change = all[0]?.change ?? 0
  if (change <= 0) return []
  const rest = 1 - Math.max(...all.map(partOf))
  const says =
    `For the same inputs the outcome has changed: of the rise in log loss of ${figure(change)} nats, ` +
    `${percent(rest)} stays when the mix of any one input is held fixed.`
  return [{ says, weight: rest, feature: null, link: null }]
}

const changeReason = ({ says, link, at }: Change): Reason => ({
  says: `${day(at)}: ${says}`,
  weight: coincidence,
  feature: null,
  link,
})
