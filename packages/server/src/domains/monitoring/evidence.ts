import type { Arm } from '@evenkeel/contract'
import type { Moments } from '@evenkeel/numerics'
import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import { labelOfRow } from './record-store.ts'
import { lossClip } from './performance.ts'

const binCount = 20

/** What was recorded while a rollout ran; the canary judge decides on it. */
export interface RolloutEvidence {
  /** Recorded requests per arm, failed ones included. */
  readonly units: Readonly<Record<Arm, number>>
  /**
   * Log loss of the candidate less that of the champion on the same row, in nats, over the labelled rows that both
   * have scored. Scores are clipped to [1e-6, 1 − 1e-6], so one difference lies within ±13.9.
   */
  readonly paired: Moments
  /** Predictions by score, per arm, over 20 equal bins of [0, 1]; what lies outside counts in the nearest. */
  readonly scores: Readonly<Record<Arm, readonly number[]>>
  readonly eventTimeMin: string | null
  readonly eventTimeMax: string | null
}

/** An answer may be so many times older than what it took, and never older than this. */
const ageByCost = 10
const oldestMs = 2000
const keptCount = 100

/**
 * Answers with the evidence of a rollout, often a slightly old one: judges ask several times a second, and the answer
 * costs what the rollout has recorded so far.
 */
export function createEvidence({ db, now }: { readonly db: Db; readonly now: () => Date }) {
  const kept = new Map<string, { readonly evidence: RolloutEvidence; readonly goodUntilMs: number }>()

  return async (projectId: string, endpoint: string, rolloutId: string): Promise<RolloutEvidence> => {
    const askedMs = now().getTime()
    const last = kept.get(`${projectId}/${rolloutId}`)
    if (last && askedMs < last.goodUntilMs) return last.evidence
    const evidence = await rolloutEvidence(db, { projectId, endpoint, rolloutId })
    const readMs = now().getTime()
    if (kept.size >= keptCount) kept.clear()
    kept.set(`${projectId}/${rolloutId}`, {
      evidence,
      goodUntilMs: readMs + Math.min(oldestMs, ageByCost * (readMs - askedMs)),
    })
    return evidence
  }
}

interface Key {
  readonly projectId: string
  readonly endpoint: string
  readonly rolloutId: string
}

/** Reads the evidence in two statements; they grow with the rows of the rollout only. */
async function rolloutEvidence(db: Db, key: Key): Promise<RolloutEvidence> {
  const [arms, paired] = await Promise.all([readArms(db, key), readPairs(db, key)])
  const times = (pick: 'first' | 'last') => arms.map((row) => row[pick].getTime())
  return {
    units: byArm((arm) => arms.filter((row) => row.arm === arm).reduce((sum, row) => sum + row.count, 0)),
    paired,
    scores: byArm((arm) => scoreCounts(arms.filter((row) => row.arm === arm))),
    eventTimeMin: arms.length === 0 ? null : new Date(Math.min(...times('first'))).toISOString(),
    eventTimeMax: arms.length === 0 ? null : new Date(Math.max(...times('last'))).toISOString(),
  }
}

const byArm = <T>(of: (arm: Arm) => T): Record<Arm, T> => ({
  primary: of('primary'),
  canary: of('canary'),
  baseline: of('baseline'),
})

interface ArmRow {
  readonly arm: Arm
  /** Null for requests without a score. */
  readonly bin: number | null
  readonly count: number
  readonly first: Date
  readonly last: Date
}

function scoreCounts(rows: readonly ArmRow[]): number[] {
  const counts = Array.from({ length: binCount }, () => 0)
  for (const { bin, count } of rows) if (bin !== null) counts[bin]! += count
  return counts
}

async function readArms(db: Db, { projectId, endpoint, rolloutId }: Key): Promise<ArmRow[]> {
  const { rows } = await sql<ArmRow>`
    select arm, case when score is not null then least(greatest(floor(score * ${binCount}), 0), ${binCount - 1})::int end as bin,
      count(*) as count,
      min(event_time) as first, max(event_time) as last
    from monitoring.prediction
    where project_id = ${projectId} and rollout_id = ${rolloutId} and endpoint = ${endpoint}
    group by 1, 2`.execute(db)
  return rows
}

async function readPairs(db: Db, { projectId, endpoint, rolloutId }: Key): Promise<Moments> {
  const clipped = (column: string) => sql`least(greatest(${sql.ref(column)}, ${lossClip}), ${1 - lossClip})`
  // Materialized, so that each label is looked up once and not wherever it is mentioned.
  const { rows } = await sql<Moments>`
    with pair as materialized (
      select p.paired_champion, p.paired_candidate, ${labelOfRow} as label from monitoring.prediction p
      where p.project_id = ${projectId} and p.rollout_id = ${rolloutId} and p.endpoint = ${endpoint}
        and p.paired_candidate is not null and p.paired_champion is not null),
    labelled as (
      select case label
        when 1 then ln(${clipped('paired_champion')}) - ln(${clipped('paired_candidate')})
        else ln(1 - ${clipped('paired_champion')}) - ln(1 - ${clipped('paired_candidate')})
      end as difference
      from pair where label is not null)
    select count(*) as count, coalesce(sum(difference), 0) as sum,
      coalesce(sum(difference * difference), 0) as "sumSquares"
    from labelled`.execute(db)
  return rows[0]!
}
