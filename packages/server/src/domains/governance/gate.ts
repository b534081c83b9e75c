import type { Evaluation, GatePolicy, GateVerdict } from '@evenkeel/contract'
import { count, decimals, period, signed } from './words.ts'

/** What a gate looks at. */
export interface GateSubject {
  /** What the version reports of itself; read when there is no evaluation. */
  readonly metrics: Readonly<Record<string, number>>
  readonly evaluation: Evaluation | null
  /** Version that is the champion now; null when there is none yet. */
  readonly champion: number | null
}

type Check = GateVerdict['checks'][number]

/** Judges a version: it passes when every check passes, and the verdict says in numbers why or why not. */
export function decideGate(policy: GatePolicy, subject: GateSubject, now: Date): GateVerdict {
  const checks = [enoughRows(policy, subject), goodByItself(policy, subject), betterThanChampion(policy, subject)]
  const failed = checks.filter(({ passed }) => !passed)
  const passed = failed.length === 0
  // Once it beats the champion, that it is good by itself is no news.
  const telling = passed ? checks.slice(subject.champion === null ? 1 : 2) : failed
  return {
    passed,
    says: telling.map(({ says }) => says).join(' '),
    checks,
    decidedAt: now.toISOString(),
    override: null,
  }
}

function enoughRows({ minHoldoutRows }: GatePolicy, { evaluation }: GateSubject): Check {
  const rowCount = evaluation?.rowCount ?? 0
  const passed = rowCount >= minHoldoutRows
  const asked = `the gate asks for at least ${count(minHoldoutRows)}`
  const found = evaluation
    ? `It was evaluated on ${count(rowCount)} rows`
    : 'It came without an evaluation on held-out rows'
  return { name: 'holdout rows', passed, says: `${found}; ${asked}.` }
}

function goodByItself({ metric, atLeast }: GatePolicy, subject: GateSubject): Check {
  const name = `${metric} by itself`
  const value = scoreOf(metric, subject)
  if (value === undefined) return { name, passed: false, says: `It reports no ${label(metric)}; evaluate it.` }
  const passed = value >= atLeast
  const compared = passed ? 'reaches' : 'is below'
  return { name, passed, says: `${scored(metric, value, subject)} ${compared} the ${decimals(atLeast)} asked for.` }
}

function betterThanChampion(policy: GatePolicy, subject: GateSubject): Check {
  const { champion, evaluation } = subject
  const name = 'better than the champion'
  if (champion === null) return { name, passed: true, says: 'There is no champion yet to compare with.' }
  const compared = evaluation?.champion?.version ?? null
  if (compared !== champion) return { name, passed: false, says: notCompared(champion, compared) }
  return { name, ...compare(policy, subject) }
}

const notCompared = (champion: number, compared: number | null) =>
  compared === null
    ? `It was not compared with the champion, version ${champion}; evaluate both on the same rows.`
    : `It was compared with version ${compared}, but version ${champion} is the champion now; evaluate it again.`

function compare({ metric, beatChampionBy }: GatePolicy, subject: GateSubject): Omit<Check, 'name'> {
  const value = scoreOf(metric, subject)
  const theirs = subject.evaluation?.champion?.metrics[metric]
  const difference = subject.evaluation?.difference
  if (value === undefined || theirs === undefined || difference?.metric !== metric) {
    return {
      passed: false,
      says: `The comparison with the champion has no interval for ${label(metric)}; evaluate it again.`,
    }
  }
  const { low, high } = difference
  const numbers = `difference ${signed(difference.value)}, 95 % interval ${signed(low)} … ${signed(high)}`
  const asked = beatChampionBy === 0 ? '' : `; the gate asks for more than ${signed(beatChampionBy)}`
  return {
    passed: low > beatChampionBy,
    says: `${scored(metric, value, subject)} ${standing(low, high)} the champion's ${decimals(theirs)} (${numbers})${asked}.`,
  }
}

/** What the interval of a difference shows. */
function standing(low: number, high: number): string {
  if (low > 0) return 'is above'
  return high < 0 ? 'is below' : 'cannot be told from'
}

const scoreOf = (metric: string, { evaluation, metrics }: GateSubject): number | undefined =>
  evaluation ? evaluation.candidate[metric] : metrics[metric]

function scored(metric: string, value: number, { evaluation }: GateSubject): string {
  const where = evaluation ? ` on ${count(evaluation.rowCount)} rows of ${period(evaluation)}` : ', by its own report,'
  return `${label(metric)} ${decimals(value)}${where}`
}

const label = (metric: string) => metric.toUpperCase()
