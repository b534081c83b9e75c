import { lookUp, type Replicas } from '../features/replicas.ts'
import type { FeatureValues, ViewReplica } from '../features/replica.ts'
import type { ModelSignature } from '../models/session.ts'
import { badRequest } from '../protocol/refusal.ts'
import type { InferRequest } from '../protocol/request.ts'
import { makeData, rowWidth, type Tensor, type Tensors, type TensorSpec } from '../protocol/tensor.ts'
import { type Rows, rowInputs } from './rows.ts'

export interface FeatureSources {
  readonly replicas: Replicas
  /** Names of the views that the endpoint follows. */
  readonly views: readonly string[]
}

/**
 * The inputs of a model: from the request, and from feature views what it lacks.
 *
 * @throws Refusal 400 for inputs that are missing, unknown, or of another datatype or shape; 503 while a view is missing
 */
export function prepareInputs(
  signature: ModelSignature,
  request: InferRequest,
  rows: Rows,
  sources: FeatureSources,
): Tensors {
  checkKnown(signature, request, sources)
  const found = new Map<ViewReplica, FeatureValues[]>()
  const tensors: Record<string, Tensor> = {}
  for (const spec of signature.inputs) {
    const sent = request.inputs.get(spec.name)
    if (sent) checkFit(spec, sent)
    tensors[spec.name] = sent ?? fill(spec, request, rows, sources, found)
  }
  return tensors
}

function checkFit({ name, datatype, shape }: TensorSpec, sent: Tensor): void {
  if (sent.datatype !== datatype) {
    throw badRequest(`Input "${name}" is ${sent.datatype}, but the model takes ${datatype}.`)
  }
  const fits = sent.shape.length === shape.length && shape.every((length, i) => length < 0 || length === sent.shape[i])
  if (!fits)
    throw badRequest(
      `Input "${name}" has the shape [${sent.shape.join()}], but the model takes [${shape.join()}]; -1 is any length.`,
    )
}

function checkKnown({ inputs }: ModelSignature, request: InferRequest, { replicas, views }: FeatureSources): void {
  for (const name of request.inputs.keys()) {
    if (inputs.some((input) => input.name === name) || rowInputs.includes(name)) continue
    if (views.some((view) => replicas.get(view)?.spec.entity === name)) continue
    throw badRequest(
      `The model has no input "${name}"; its inputs are ${inputs.map((input) => input.name).join(', ')}.`,
    )
  }
}

/** An input that the request lacks, computed by a feature view as of the event time of each row. */
function fill(
  spec: TensorSpec,
  request: InferRequest,
  rows: Rows,
  { replicas, views }: FeatureSources,
  found: Map<ViewReplica, FeatureValues[]>,
): Tensor {
  const replica = replicas.provider(views, spec.name)
  if (!replica) {
    replicas.requireAll(views)
    throw badRequest(`The input "${spec.name}" is missing, and no feature view of the endpoint computes it; send it.`)
  }
  let values = found.get(replica)
  if (!values) found.set(replica, (values = lookUp(replica, keysOf(replica, spec, request, rows), rows.eventTimesMs)))
  return toTensor(spec, values)
}

function keysOf(
  { view, spec: { entity } }: ViewReplica,
  { name }: TensorSpec,
  request: InferRequest,
  rows: Rows,
): string[] {
  const keys = request.inputs.get(entity)
  if (!keys)
    throw badRequest(`The input "${name}" is missing; send it, or "${entity}" so that view "${view}" can compute it.`)
  if (keys.data.length === rows.count) return Array.from<string | number | bigint, string>(keys.data, String)
  throw badRequest(`The input "${entity}" is the key of view "${view}" and must have one value per row.`)
}

function toTensor({ name, datatype, shape }: TensorSpec, values: readonly FeatureValues[]): Tensor {
  const whole = [values.length, ...shape.slice(1).map((length) => Math.max(length, 1))]
  if (datatype === 'BYTES' || rowWidth(whole) !== 1) {
    throw badRequest(`The input "${name}" is not one number per row, so no feature view can compute it; send it.`)
  }
  const data = makeData(datatype, values.length) as Float64Array
  const isFloat = datatype === 'FP32' || datatype === 'FP64'
  const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array
  values.forEach((features, row) => {
    const value = features[name] ?? NaN
    if (!isFloat && !Number.isInteger(value)) {
      throw badRequest(
        `The feature "${name}" is ${features[name] ?? 'null'} for row ${row}, which is no ${datatype}; send it.`,
      )
    }
    data[row] = (isBig ? BigInt(value) : value) as number
  })
  return { datatype, shape: whole, data }
}
