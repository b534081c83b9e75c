import { outputNames } from '../models/trial.ts'
import { parameter } from '../protocol/parameters.ts'
import { badRequest, Refusal } from '../protocol/refusal.ts'
import type { InferRequest } from '../protocol/request.ts'
import { type Answer, encodeAnswer } from '../protocol/response.ts'
import { joinRows, mapTensors, pickRows, type Tensor, type Tensors } from '../protocol/tensor.ts'
import { armOf } from './arms.ts'
import type { EndpointRuntime } from './endpoint.ts'
import { inputsOf, type Journey, type Outcome, type Part, type Serving } from './journey.ts'
import type { Lane } from './lane.ts'
import { scorePair } from './pair.ts'
import { record } from './record-parts.ts'
import { scoreOutputOf } from './record.ts'
import { readRows, type Rows } from './rows.ts'

export interface Question {
  readonly request: InferRequest
  /** The version that the caller named, if any. */
  readonly lane: Lane | undefined
  readonly arrivedAt: number
}

/**
 * Answers one request, and records and counts it.
 *
 * @throws Refusal for what the caller can mend; it was not recorded when it reached no model
 */
export async function predict(serving: Serving, endpoint: EndpointRuntime, question: Question): Promise<Answer> {
  const { request, lane, arrivedAt } = question
  const { signature } = (lane ?? endpoint.primary.lane).resident.proof
  const rows = readRows(request, signature, { nowMs: Date.now(), makeId: serving.makeId })
  const journey = { serving, endpoint, request, rows, arrivedAt }
  const parts = lane ? [directPart(lane)] : partsOf(endpoint, rows)
  const deadlineAt = arrivedAt + timeoutMs(request)
  const asked = parts.map((part) => ask(journey, part, deadlineAt))
  const outcomes = await Promise.all(asked.map((one) => one()))
  return finish(journey, outcomes)
}

const directPart = (lane: Lane): Part => ({
  arm: 'direct',
  version: lane.resident.artifact.version,
  lane,
  rows: undefined,
})

function partsOf({ spec, arms, primary }: EndpointRuntime, { ids, unit }: Rows): Part[] {
  if (arms.length === 1) return [{ ...primary, rows: undefined }]
  if (unit !== undefined || ids.length === 1) return [{ ...armOf(arms, spec.salt, unit ?? ids[0]!), rows: undefined }]
  const chosen = ids.map((id) => armOf(arms, spec.salt, id))
  const used = arms.filter((arm) => chosen.includes(arm))
  if (used.length === 1) return [{ ...used[0]!, rows: undefined }]
  return used.map((arm) => ({ ...arm, rows: [...ids.keys()].filter((row) => chosen[row] === arm) }))
}

function timeoutMs({ parameters }: InferRequest): number {
  const timeoutUs = parameter(parameters, 'timeout', 'number') ?? 0
  if (timeoutUs < 0) throw badRequest('The parameter "timeout" is negative; give microseconds, or leave it out.')
  return timeoutUs === 0 ? Infinity : timeoutUs / 1000
}

/** Checks a part against its model; what comes back asks the model. So nothing runs when one part is wrong. */
function ask(journey: Journey, part: Part, deadlineAt: number): () => Promise<Outcome> {
  const { signature } = part.lane.resident.proof
  const inputs = inputsOf(journey, part.lane, part.rows)
  const outputs = neededOutputs(journey.request, part.lane)
  const rowCount = part.rows?.length ?? journey.rows.count
  return async () => {
    const startedAt = performance.now()
    const pair = scorePair(journey, part, deadlineAt)
    try {
      const results = await part.lane.score({ inputs, rowCount, outputs, deadlineAt })
      const runMs = performance.now() - startedAt
      return { part, inputs, results, pair, runMs, score: results[scoreOutputOf(signature) ?? ''] }
    } catch (error) {
      return { part, inputs, error }
    }
  }
}

/** What the caller wants, and the score for the record. */
function neededOutputs({ outputs }: InferRequest, { resident }: Lane): string[] {
  const { signature } = resident.proof
  const known = outputNames(signature)
  if (outputs.length === 0) return known
  const wanted = outputs.map(({ name }) => name)
  const unknown = wanted.find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw badRequest(`The model has no output "${unknown}"; its outputs are ${known.join(', ')}.`)
  const score = scoreOutputOf(signature)
  return score === undefined || wanted.includes(score) ? wanted : [...wanted, score]
}

async function finish(journey: Journey, outcomes: readonly Outcome[]): Promise<Answer> {
  const failed = outcomes.filter((outcome) => 'error' in outcome)
  if (failed.length > 0) {
    count(journey, failed, statusOf(failed[0]!.error))
    await record(journey, failed)
    throw failed[0]!.error
  }
  try {
    const answer = encodeOutcomes(journey, outcomes)
    await record(journey, outcomes)
    count(journey, outcomes, 200)
    return answer
  } catch (error) {
    count(journey, outcomes, statusOf(error))
    // A record that could not be written cannot be written with an error either.
    if (statusOf(error) !== 503)
      await record(
        journey,
        outcomes.map(({ part, inputs }) => ({ part, inputs, error })),
      )
    throw error
  }
}

function encodeOutcomes({ endpoint, request, rows }: Journey, outcomes: readonly Outcome[]): Answer {
  const versions = [...new Set(outcomes.map(({ part }) => part.version))]
  const head = {
    modelName: endpoint.spec.name,
    modelVersion: versions.length === 1 ? versions[0] : undefined,
    id: request.id,
    parameters: {
      ...(rows.madeId !== undefined && { prediction_id: rows.madeId }),
      ...(versions.length > 1 && { model_versions: versions.join(',') }),
    },
  }
  return encodeAnswer(head, request, merge(rows.count, outcomes))
}

/** Puts the rows of the parts back in the order of the request. */
function merge(rowCount: number, outcomes: readonly Outcome[]): Tensors {
  const results = outcomes.map((outcome) => ('error' in outcome ? {} : outcome.results))
  if (results.length === 1) return results[0]!
  const order = outcomes.flatMap(({ part }) => part.rows ?? [])
  const placeOf = Array.from<number>({ length: rowCount })
  order.forEach((row, place) => (placeOf[row] = place))
  return mapTensors(results[0]!, (_, name) => pickRows(joinLike(name, results), placeOf))
}

function joinLike(name: string, results: readonly Tensors[]): Tensor {
  const parts = results.map((tensors) => tensors[name])
  const [first] = parts
  const alike = parts.every(
    (part) => part?.datatype === first?.datatype && String(part?.shape.slice(1)) === String(first?.shape.slice(1)),
  )
  if (!alike)
    throw new Refusal(
      500,
      `The versions of this rollout differ in the output "${name}", so rows of one request cannot be put together; send rows one by one.`,
    )
  return joinRows(parts as Tensor[])
}

const statusOf = (error: unknown): number => (error instanceof Refusal ? error.status : 500)

function count({ serving, endpoint, rows, arrivedAt }: Journey, outcomes: readonly Outcome[], code: number): void {
  const durationMs = performance.now() - arrivedAt
  for (const { part } of outcomes) {
    const { arm, version } = part
    serving.counters.count(
      { endpoint: endpoint.spec.name, arm, version, code },
      part.rows?.length ?? rows.count,
      durationMs,
    )
  }
}
