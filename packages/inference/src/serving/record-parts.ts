import { setTimeout as sleep } from 'node:timers/promises'
import type { PredictionRecord } from '@evenkeel/contract'
import { isChosen } from './hash.ts'
import type { Journey, Outcome, PairScores } from './journey.ts'
import { featuresOf, scoreOf } from './record.ts'

/**
 * Records every row as hard as the endpoint asks: in `durable` mode the rows are on the disk when this returns.
 *
 * The pair under comparison is scored at the same time as the answer. In `durable` mode the record waits for it: by
 * one more run of a fast model, and not longer than the answer's own run where models run in processes of their own
 * (then the pair is left out). In the other modes the answer does not wait.
 *
 * @throws Refusal (503) when `durable` cannot be kept
 */
export async function record(journey: Journey, outcomes: readonly Outcome[]): Promise<void> {
  const { recording } = journey.endpoint.spec
  const latencyUs = Math.round((performance.now() - journey.arrivedAt) * 1000)
  switch (recording.mode) {
    case 'off':
      return
    case 'durable': {
      const lines = await Promise.all(
        outcomes.map(async (outcome) => linesOf(journey, outcome, latencyUs, await inTime(outcome))),
      )
      return journey.serving.recorder.write(lines.join(''))
    }
    case 'fast':
    case 'sampled':
      for (const outcome of outcomes) void recordSoon(journey, outcome, latencyUs)
  }
}

async function recordSoon(journey: Journey, outcome: Outcome, latencyUs: number): Promise<void> {
  const lines = linesOf(journey, outcome, latencyUs, 'pair' in outcome ? await outcome.pair : undefined)
  if (lines) journey.serving.recorder.writeSoon(lines)
}

function inTime(outcome: Outcome): PairScores | undefined | Promise<PairScores | undefined> {
  if (!('pair' in outcome) || !outcome.pair) return undefined
  if (outcome.part.lane.resident.scorer.kind === 'inline') return outcome.pair
  return Promise.race([outcome.pair, sleep(outcome.runMs, undefined)])
}

function linesOf(journey: Journey, outcome: Outcome, latencyUs: number, pair: PairScores | undefined): string {
  const { recording } = journey.endpoint.spec
  const share = recording.mode === 'sampled' ? recording.sampleShare : 1
  const picked = outcome.part.rows ?? journey.rows.ids.keys()
  let lines = ''
  let i = 0
  for (const row of picked) {
    if (isChosen('record', journey.rows.ids[row]!, share)) {
      lines += `${JSON.stringify(recordOf(journey, outcome, { row, i, latencyUs, pair }))}\n`
    }
    i++
  }
  return lines
}

interface RowPlace {
  /** In the request. */
  readonly row: number
  /** In the part. */
  readonly i: number
  readonly latencyUs: number
  readonly pair: PairScores | undefined
}

function recordOf(
  { endpoint, rows }: Journey,
  outcome: Outcome,
  { row, i, latencyUs, pair }: RowPlace,
): PredictionRecord {
  const { spec, generation, primary } = endpoint
  const { part, inputs } = outcome
  const score = 'error' in outcome ? null : scoreOf(outcome.score, i)
  const scoreBy = (version: number | undefined) => {
    if (version === undefined || !pair?.chosen.has(row)) return null
    return version === part.version ? score : (pair.others.get(version)?.[row] ?? null)
  }
  const ownArm = endpoint.arms.find(({ version }) => version === part.version) ?? primary
  return {
    id: rows.ids[row]!,
    endpoint: spec.name,
    model: spec.model,
    version: part.version,
    // Who names a version takes no part in the rollout, whatever its arm is called.
    arm: part.arm === 'direct' ? ownArm.arm : part.arm,
    rolloutId: part.arm === 'direct' ? null : spec.rolloutId,
    generation,
    eventTime: new Date(rows.eventTimesMs[row]!).toISOString(),
    servedAt: new Date().toISOString(),
    features: featuresOf(inputs, i),
    score,
    pairedCandidate: scoreBy(spec.paired?.candidate),
    pairedChampion: scoreBy(spec.paired?.champion),
    latencyUs,
    error: 'error' in outcome ? messageOf(outcome.error) : null,
  }
}

/** Without what databases cannot store as text. */
const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 1000).replaceAll('\0', '').toWellFormed()
