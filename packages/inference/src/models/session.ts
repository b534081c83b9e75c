import './no-telemetry.ts'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { type Datatype, type Tensor, type TensorData, type Tensors, type TensorSpec } from '../protocol/tensor.ts'

export interface ModelSignature {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  /** The first dimension of every input and output is open: rows of different requests may share a run. */
  readonly batchable: boolean
  /** Outputs that are sequences or maps (a ZipMap), which cannot be read. */
  readonly hiddenOutputs: readonly string[]
}

export interface Session {
  readonly signature: ModelSignature
  /** Runs the model; blocks the thread while it does. */
  run(inputs: Tensors, outputs: readonly string[]): Promise<Tensors>
  close(): Promise<void>
}

/** A model that is sound, and that this server cannot serve. */
export class UnsupportedModel extends Error {
  override readonly name = 'UnsupportedModel'
}

const engineTypes = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const satisfies Record<Datatype, OrtTensor.Type>
const datatypes = new Map(Object.entries(engineTypes).map(([datatype, type]) => [type as string, datatype as Datatype]))

// By default the engine starts a spinning thread per core for every model; arenas of old models are never given back.
const options = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  enableCpuMemArena: false,
  enableMemPattern: false,
  executionProviders: ['cpu'],
  // What fails is thrown; the engine need not also print it.
  logSeverityLevel: 4,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
} as const satisfies InferenceSession.SessionOptions

/**
 * Loads an ONNX model from a file; blocks the thread.
 *
 * @throws UnsupportedModel when an input is no tensor, or no output is one; Error with the engine's text otherwise
 */
export async function openSession(path: string): Promise<Session> {
  const session = await InferenceSession.create(path, options)
  const signature = signatureOf(session)
  return {
    signature,
    async run(inputs, outputs) {
      const feeds: Record<string, OrtTensor> = {}
      for (const name in inputs) feeds[name] = toEngine(inputs[name]!)
      const fetched = await session.run(feeds, outputs as string[])
      const results: Record<string, Tensor> = {}
      for (const name of outputs) results[name] = fromEngine(fetched[name]!)
      return results
    },
    close: () => session.release(),
  }
}

function toEngine({ datatype, shape, data }: Tensor): OrtTensor {
  const type = engineTypes[datatype]
  return new OrtTensor(type, data as OrtTensor.DataTypeMap[typeof type], shape)
}

function fromEngine({ type, dims, data }: OrtTensor): Tensor {
  const datatype = datatypes.get(type)
  if (!datatype)
    throw new UnsupportedModel(`The engine answered with the type ${type}, which the protocol does not have.`)
  return { datatype, shape: dims, data: datatype === 'FP16' ? asBits(data as Uint16Array) : (data as TensorData) }
}

const asBits = ({ buffer, byteOffset, length }: Uint16Array): Uint16Array => new Uint16Array(buffer, byteOffset, length)

function signatureOf(session: InferenceSession): ModelSignature {
  const inputs = session.inputMetadata.map((input) => specOf('input', input))
  const half = inputs.find(({ datatype }) => datatype === 'FP16')
  // onnxruntime-node 1.30 makes a Float16Array of it where there is one, and cannot read that itself.
  if (half) throw new UnsupportedModel(`The input "${half.name}" is FP16, which the engine does not take; use FP32.`)
  const tensors = session.outputMetadata.filter(({ isTensor }) => isTensor)
  const outputs = tensors.map((output) => specOf('output', output))
  if (outputs.length === 0) throw new UnsupportedModel('The model has no tensor output; export it with zipmap=False.')
  return {
    inputs,
    outputs,
    batchable: [...inputs, ...outputs].every(({ shape }) => shape[0] === -1),
    hiddenOutputs: session.outputMetadata.filter(({ isTensor }) => !isTensor).map(({ name }) => name),
  }
}

function specOf(what: string, metadata: InferenceSession.ValueMetadata): TensorSpec {
  const { name } = metadata
  if (!metadata.isTensor) throw new UnsupportedModel(`The ${what} "${name}" is no tensor; only tensors can be served.`)
  const datatype = datatypes.get(metadata.type)
  if (!datatype)
    throw new UnsupportedModel(`The ${what} "${name}" has the type ${metadata.type}, which is not supported.`)
  return { name, datatype, shape: metadata.shape.map((length) => (typeof length === 'number' ? length : -1)) }
}
