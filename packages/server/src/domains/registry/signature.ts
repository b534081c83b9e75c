import type { Signature } from '@evenkeel/contract'
import { OnnxFormatError, type OnnxValue, readOnnx } from '@evenkeel/numerics'

type Field = Signature['inputs'][number]

/** ONNX element types and what the Open Inference Protocol calls them. */
const datatypes: Readonly<Record<string, Field['datatype']>> = {
  bool: 'BOOL',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
}

/** The file cannot be served; the message says why and what to change in the export. */
export class UnservableModelError extends Error {
  override readonly name = 'UnservableModelError'
}

/**
 * Reads what a model takes and gives from its ONNX file; a dimension without a fixed length becomes −1.
 *
 * @throws UnservableModelError when the bytes are not an ONNX model, or a caller could not address its tensors
 */
export function readSignature(bytes: Uint8Array): Signature {
  const { inputs, outputs } = readHead(bytes)
  if (inputs.length === 0) throw new UnservableModelError('The graph has no inputs, so nothing could be asked of it.')
  if (outputs.length === 0) throw new UnservableModelError('The graph has no outputs, so it would answer nothing.')
  return {
    inputs: inputs.map((value) => readField('input', value)),
    outputs: outputs.map((value) => readField('output', value)),
  }
}

function readHead(bytes: Uint8Array) {
  try {
    return readOnnx(bytes)
  } catch (error) {
    if (error instanceof OnnxFormatError) throw new UnservableModelError(error.message, { cause: error })
    throw error
  }
}

function readField(side: 'input' | 'output', { name, elementType, shape }: OnnxValue): Field {
  const datatype = datatypes[elementType]
  if (!datatype) {
    throw new UnservableModelError(
      `The ${side} "${name}" is of type ${elementType}, and only tensors of ${Object.keys(datatypes).join(', ')} ` +
        'can be served; export it as one of these (with skl2onnx: the option zipmap=False).',
    )
  }
  if (!shape) {
    throw new UnservableModelError(`The ${side} "${name}" does not say its shape; export it with one, e.g. [N, 1].`)
  }
  return { name, datatype, shape: shape.map((length) => (typeof length === 'number' ? length : -1)) }
}
