import type { Arm } from '@evenkeel/contract'
import type { Replicas } from '../features/replicas.ts'
import type { InferRequest } from '../protocol/request.ts'
import { mapTensors, pickRows, type Tensor, type Tensors } from '../protocol/tensor.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { Counters } from './counters.ts'
import type { EndpointRuntime } from './endpoint.ts'
import type { Lane } from './lane.ts'
import { prepareInputs } from './prepare.ts'
import type { Rows } from './rows.ts'

export interface Serving {
  readonly replicas: Replicas
  readonly recorder: Recorder
  readonly counters: Counters
  readonly makeId: () => string
}

/** The rows of a request that go the same way. */
export interface Part {
  /** `direct`: the request named the version. */
  readonly arm: Arm | 'direct'
  readonly version: number
  readonly lane: Lane
  /** Indexes into the rows of the request; undefined means all. */
  readonly rows: readonly number[] | undefined
}

/** A request on its way through one endpoint. */
export interface Journey {
  readonly serving: Serving
  readonly endpoint: EndpointRuntime
  readonly request: InferRequest
  readonly rows: Rows
  /** On the clock of `performance.now()`: when the request had come in. */
  readonly arrivedAt: number
}

/** The rows that were chosen, and how the versions that did not answer them score them (null: not). */
export interface PairScores {
  readonly chosen: ReadonlySet<number>
  readonly others: ReadonlyMap<number, readonly (number | null)[]>
}

/** What became of a part. */
export type Outcome = Answered | Failed

interface Answered {
  readonly part: Part
  readonly inputs: Tensors
  readonly results: Tensors
  readonly score: Tensor | undefined
  readonly pair: Promise<PairScores> | undefined
  readonly runMs: number
}

export interface Failed {
  readonly part: Part
  readonly inputs: Tensors
  readonly error: unknown
}

/** The inputs of a model for some rows of the request. */
export function inputsOf({ serving, endpoint, request, rows }: Journey, lane: Lane, picked: Part['rows']): Tensors {
  const sources = { replicas: serving.replicas, views: endpoint.spec.featureViews }
  const inputs = prepareInputs(lane.resident.proof.signature, request, rows, sources)
  return picked ? mapTensors(inputs, (tensor) => pickRows(tensor, picked)) : inputs
}
