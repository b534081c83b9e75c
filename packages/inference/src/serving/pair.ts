import { isChosen } from './hash.ts'
import { inputsOf, type Journey, type PairScores, type Part } from './journey.ts'
import { scoreOf, scoreOutputOf } from './record.ts'

/**
 * While a rollout compares two versions: scores the chosen rows with those of the pair that do not answer them.
 * Never rejects: a pair that cannot be scored leaves nulls in the record.
 *
 * @returns undefined when there is nothing to score
 */
export function scorePair(journey: Journey, part: Part, deadlineAt: number): Promise<PairScores> | undefined {
  const { endpoint, rows } = journey
  const { paired, salt } = endpoint.spec
  if (!paired || part.arm === 'direct') return undefined
  const picked = part.rows ?? [...rows.ids.keys()]
  const chosen = picked.filter((row) => isChosen(`pair/${salt}`, rows.ids[row]!, paired.share))
  if (chosen.length === 0) return undefined
  const others = [paired.candidate, paired.champion].filter((version) => version !== part.version)
  return scoreOthers(journey, chosen, others, deadlineAt)
}

async function scoreOthers(
  journey: Journey,
  chosen: readonly number[],
  versions: readonly number[],
  deadlineAt: number,
): Promise<PairScores> {
  const scored = versions.map(async (version) => {
    const scores: (number | null)[] = await scoreWith(journey, chosen, version, deadlineAt).catch(() => [])
    return [version, scores] as const
  })
  return { chosen: new Set(chosen), others: new Map(await Promise.all(scored)) }
}

/** Scores by row of the request. */
async function scoreWith(
  journey: Journey,
  chosen: readonly number[],
  version: number,
  deadlineAt: number,
): Promise<(number | null)[]> {
  const lane = journey.endpoint.versions.get(version)
  const output = lane && scoreOutputOf(lane.resident.proof.signature)
  if (!lane || output === undefined) return []
  const all = chosen.length === journey.rows.count
  const inputs = inputsOf(journey, lane, all ? undefined : chosen)
  const results = await lane.score({ inputs, rowCount: chosen.length, outputs: [output], deadlineAt })
  const scores = Array<number | null>(journey.rows.count).fill(null)
  chosen.forEach((row, i) => (scores[row] = scoreOf(results[output], i)))
  return scores
}
