import { type Incident, type MonitorSpec, type MonitorWindow, plural, type Rollout } from '@evenkeel/contract'
import { count, day, fixed, percent } from './words.ts'

export type WatchedKind = 'decay' | 'drift' | 'data_quality'

/** The heading of an incident and what happened, in sentences with numbers. */
export interface Report {
  readonly title: string
  readonly what: string[]
}

/**
 * @param windows - the bad windows up to the one that opened the incident, ascending, at least one
 */
export function describeIncident(
  kind: WatchedKind,
  { endpoint, performance }: MonitorSpec,
  windows: readonly MonitorWindow[],
): Report {
  const last = windows.at(-1)!
  switch (kind) {
    case 'decay':
      return describeDecay(endpoint, performance.atLeast, windows)
    case 'drift': {
      const drifted = [...last.columns, ...(last.score ? [last.score] : [])].filter(({ status }) => status === 'drift')
      return {
        title: `The inputs of ${endpoint} have drifted since ${day(last.start)}`,
        what: [
          `${served(last)}, the data is not what version ${last.baselineVersion} was trained on:`,
          ...saysOf(drifted),
        ],
      }
    }
    case 'data_quality':
      return {
        title: `The data of ${endpoint} is not as it should be since ${day(last.start)}`,
        what: [`${served(last)}:`, ...last.quality.findings.map((finding) => `${finding}.`)],
      }
  }
}

const saysOf = (columns: readonly { readonly says: string }[]) => columns.map(({ says }) => `${says}.`)

const served = ({ start, end, rowCount }: MonitorWindow) =>
  `From ${day(start)} to ${day(end)}, on ${plural(rowCount, 'prediction')}`

function describeDecay(endpoint: string, atLeast: number, windows: readonly MonitorWindow[]): Report {
  const last = windows.at(-1)!
  const since = day(windows[0]!.start)
  return {
    title: `${endpoint} has decayed: AUC ${fixed(last.performance.auc ?? 0)}, below ${fixed(atLeast)} since ${since}`,
    what: [
      `AUC was below ${fixed(atLeast)} in ${plural(windows.length, 'window')} in a row, with version ${last.baselineVersion} serving.`,
      ...windows.map(({ start, performance }) => `Window from ${day(start)}: ${performance.says}`),
      howSure(atLeast, windows),
    ],
  }
}

function howSure(atLeast: number, windows: readonly MonitorWindow[]): string {
  const certain = windows.filter(({ performance }) => (performance.aucHigh ?? 1) < atLeast).length
  if (certain === windows.length) return 'The 95 % interval of each window lies wholly below the bound.'
  return `The 95 % interval lies wholly below the bound in ${count(certain)} of ${plural(windows.length, 'window')}; in the rest, chance may play a part.`
}

/** A rollout that went back by itself: reported with its evidence, and over when it is reported. */
export function describeRollback({
  endpoint,
  fromVersion,
  toVersion,
  says,
  analysis,
  requestCount,
  failedRequestCount,
}: Rollout): Report & Pick<Incident, 'why' | 'fix' | 'resolution'> {
  const checks = analysis.filter(({ verdict }) => verdict === 'worse')
  return {
    title: `Version ${toVersion} of ${endpoint} was rolled back`,
    what: [says, ...requestsIn(requestCount, failedRequestCount)],
    why: checks.map((check) => ({
      says: `${check.name}: canary ${check.canary}, baseline ${check.baseline}. ${check.says}`,
      weight: check.decides ? 1 : 0.25,
      feature: null,
      link: `/deployments/${endpoint}`,
    })),
    fix: [
      {
        says: `Look at version ${toVersion} before you train the next one.`,
        command: `evenkeel open ${endpoint}`,
        recommended: true,
      },
    ],
    resolution: `Traffic went back to version ${fromVersion ?? 'before'} automatically.`,
  }
}

/** Nodes report their counts every few seconds, so a quick roll-back comes before the first. */
function requestsIn(requestCount: number, failedRequestCount: number): string[] {
  if (requestCount === 0) return []
  const share = percent(failedRequestCount / requestCount)
  return [`${plural(requestCount, 'request')} came while it ran; ${count(failedRequestCount)} failed (${share}).`]
}
