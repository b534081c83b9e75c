import { badRequest } from '../protocol/refusal.ts'
import { parameter } from '../protocol/parameters.ts'
import type { InferRequest } from '../protocol/request.ts'
import type { ModelSignature } from '../models/session.ts'

/** What is known of each row of a request beside its features. */
export interface Rows {
  readonly count: number
  /** Unique within the endpoint; labels refer to them. */
  readonly ids: readonly string[]
  readonly eventTimesMs: readonly number[]
  /** The unit that stays with one arm, when it is not the row itself. */
  readonly unit: string | undefined
  /** Made here, because the request had none. */
  readonly madeId: string | undefined
}

/** Inputs that speak of the rows, and are passed to a model only when it asks for them. */
export const rowInputs: readonly string[] = ['event_time', 'row_id']

const longestId = 200
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

/** @throws Refusal (400) when ids or event times are not one per row, or make no sense */
export function readRows(
  request: InferRequest,
  signature: ModelSignature,
  { nowMs, makeId }: { nowMs: number; makeId: () => string },
): Rows {
  const count = signature.batchable ? countRows(request) : 1
  const given = texts(request, 'row_id', count)
  const madeId = given || request.id !== undefined ? undefined : makeId()
  const id = request.id ?? madeId ?? ''
  const ids = given ?? (count === 1 ? [id] : Array.from({ length: count }, (_, row) => `${id}/${row}`))
  const tooLong = ids.find((rowId) => rowId.length > longestId || rowId === '')
  if (tooLong !== undefined)
    throw badRequest(`The id of a row has ${tooLong.length} characters; use 1 to ${longestId}.`)
  return { count, ids, eventTimesMs: readTimes(request, count, nowMs), unit: readUnit(request), madeId }
}

function countRows({ inputs }: InferRequest): number {
  let count: number | undefined
  for (const [name, { shape }] of inputs) {
    count ??= shape[0]
    if (shape[0] === undefined || shape[0] !== count) {
      throw badRequest(`Input "${name}" has the shape [${shape.join()}], but the other inputs have ${count} rows.`)
    }
  }
  if (!count) throw badRequest('The request has no rows; send at least one row of inputs.')
  return count
}

function texts({ inputs }: InferRequest, name: string, count: number): string[] | undefined {
  const input = inputs.get(name)
  if (!input) return undefined
  if (!Array.isArray(input.data) || input.data.length !== count) {
    throw badRequest(`The input "${name}" must be BYTES with one text per row, which makes ${count}.`)
  }
  return input.data
}

function readTimes(request: InferRequest, count: number, nowMs: number): number[] {
  const perRow = texts(request, 'event_time', count)
  if (perRow) return perRow.map(readTime)
  const forAll = parameter(request.parameters, 'event_time', 'string')
  return Array<number>(count).fill(forAll === undefined ? nowMs : readTime(forAll))
}

function readTime(text: string): number {
  const timeMs = isoTime.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(timeMs))
    throw badRequest(`The event time "${text}" is not ISO 8601 with a zone, like 2026-11-21T08:00:00Z.`)
  return timeMs
}

function readUnit({ parameters }: InferRequest): string | undefined {
  const unit = parameters['unit']
  return unit === undefined ? undefined : String(unit)
}
