import type { Incident, ModelVersion, MonitorWindow } from '@evenkeel/contract'
import { day, fixed } from './words.ts'

export type Remedy = Incident['fix'][number]

export interface Case {
  readonly kind: 'decay' | 'drift' | 'data_quality'
  readonly monitor: string
  readonly endpoint: string
  readonly windowDays: number
  /** The window at which the incident opened. */
  readonly bad: MonitorWindow
  /** The last window before it in which another version served most. */
  readonly earlier: MonitorWindow | undefined
  /** The version that served most; undefined when the registry does not know it. */
  readonly version: ModelVersion | undefined
}

/** What to do, the best first, each with the command that does it. Exactly one is recommended. */
export function remedies(of: Case): Remedy[] {
  const rollback = rollBack(of)
  const inspect = inspectColumns(of)
  const retrain = retrainCommand(of)
  const ordered = of.kind === 'data_quality' ? [inspect, rollback, retrain] : [rollback, retrain, inspect]
  return ordered.filter((remedy) => remedy !== undefined).map((remedy, i) => ({ ...remedy, recommended: i === 0 }))
}

type Proposal = Omit<Remedy, 'recommended'> | undefined

/** Worth it only when the version before was measurably better when it served. */
function rollBack({ endpoint, bad, earlier }: Case): Proposal {
  const before = earlier?.performance.auc ?? null
  const now = bad.performance.auc
  if (!earlier || before === null || now === null || before <= now) return undefined
  const says =
    `Roll back to version ${earlier.baselineVersion}: it had an AUC of ${fixed(before)} in the window from ` +
    `${day(earlier.start)}, version ${bad.baselineVersion} has ${fixed(now)} now.`
  const reason = `AUC ${fixed(now)} after ${fixed(before)}`
  return { says, command: `evenkeel rollback ${endpoint} --to ${earlier.baselineVersion} --reason "${reason}"` }
}

/** The span of the version in use, moved up to the newest complete window; that window is held out. */
function retrainCommand({ version, windowDays, bad }: Case): Proposal {
  const pipeline = version?.lineage.pipeline
  if (!version || !pipeline) return undefined
  const { trainedFrom, trainedUntil } = version.lineage
  const dayMs = 86_400_000
  const holdoutFrom = Date.parse(bad.end) - windowDays * dayMs
  const spanMs =
    trainedFrom && trainedUntil ? Date.parse(trainedUntil) - Date.parse(trainedFrom) : 4 * windowDays * dayMs
  const params = {
    trainFrom: new Date(holdoutFrom - spanMs).toISOString(),
    trainUntil: new Date(holdoutFrom).toISOString(),
    holdoutFrom: new Date(holdoutFrom).toISOString(),
    holdoutUntil: bad.end,
  }
  return {
    says: `Retrain on ${day(params.trainFrom)} to ${day(params.trainUntil)} and compare on the window from ${day(holdoutFrom)}.`,
    command: `evenkeel api POST /api/v1/pipelines/${pipeline}/runs '${JSON.stringify({ params })}'`,
  }
}

/** Names the column that looks worst and shows it against the training data. */
function inspectColumns({ kind, monitor, bad }: Case): Proposal {
  const urgency = kind === 'data_quality' ? strangeness : harm
  const worst = bad.columns.toSorted((a, b) => urgency(b) - urgency(a))[0]
  if (!worst) return undefined
  return {
    says: `Compare ${worst.feature} with its training data, and fix the source if the data is wrong.`,
    command: `evenkeel api GET /api/v1/monitors/${monitor}/windows/${bad.start}/features/${encodeURIComponent(worst.feature)}`,
  }
}

type Column = MonitorWindow['columns'][number]

const strangeness = ({ nullShare, unseenShare }: Column) => nullShare + unseenShare
const harm = ({ relative, importance }: Column) => (relative ?? 0) * (importance ?? 0)
