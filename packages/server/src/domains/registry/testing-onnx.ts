type Part = readonly [field: number, content: string | number | readonly Part[]]

export interface Tensor {
  readonly name: string
  /** Code of `TensorProto.DataType`. */
  readonly type: number
  /** A length, the name of an open one; no shape at all when absent. */
  readonly shape?: readonly (number | string)[]
}

/** Bytes of an ONNX model that declares these tensors and computes nothing; field numbers are those of onnx.proto. */
export function onnxOf(inputs: readonly Tensor[], outputs: readonly Tensor[], note = ''): Buffer {
  const graph: Part[] = [
    [2, `graph ${note}`],
    ...inputs.map((tensor): Part => [11, valueOf(tensor)]),
    ...outputs.map((tensor): Part => [12, valueOf(tensor)]),
  ]
  return encode([
    [1, 10],
    [7, graph],
    [8, [[2, 21]]],
  ])
}

function valueOf({ name, type, shape }: Tensor): readonly Part[] {
  const dimensions = shape?.map((length): Part => [1, [[typeof length === 'number' ? 1 : 2, length]]])
  const tensor: Part[] = [[1, type], ...(dimensions ? [[2, dimensions] as const] : [])]
  return [
    [1, name],
    [2, [[1, tensor]]],
  ]
}

function encode(parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.map(([field, content]) => encodePart(field, content)))
}

function encodePart(field: number, content: Part[1]): Buffer {
  if (typeof content === 'number') return Buffer.from([...varint(field << 3), ...varint(content)])
  const bytes = typeof content === 'string' ? Buffer.from(content) : encode(content)
  return Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(bytes.length)]), bytes])
}

const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)])
