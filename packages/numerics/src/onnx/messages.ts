import { bytes, concat, integer, message, packedIntegers, text } from './protobuf-writer.ts'

// Field and type numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const elementCode = { float32: 1, uint8: 2, string: 8 } as const
const attributeCode = { integer: 2, tensor: 4, integers: 7, strings: 8 } as const

/** The value of an attribute, by its ONNX type. */
export type Attribute =
  | { readonly integer: number }
  | { readonly integers: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: Float32Array | Uint8Array }

export interface OnnxNode {
  readonly operator: string
  /** Empty for the default operator set. */
  readonly domain?: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, Attribute>>
}

export interface TensorInfo {
  readonly name: string
  readonly elementType: 'float32' | 'string'
  /** A length, or the name of one that is open. */
  readonly shape: readonly (number | string)[]
}

export interface OnnxModel {
  readonly name: string
  readonly producer: string
  readonly irVersion: number
  readonly opsets: Readonly<Record<string, number>>
  readonly metadata: Readonly<Record<string, string>>
  readonly inputs: readonly TensorInfo[]
  readonly outputs: readonly TensorInfo[]
  readonly nodes: readonly OnnxNode[]
  /** Constants that nodes read by name, row-major. */
  readonly constants: readonly {
    readonly name: string
    readonly shape: readonly number[]
    readonly values: Float32Array
  }[]
}

/** The bytes of an `.onnx` file. */
export function writeModel(model: OnnxModel): Uint8Array {
  const graph = [
    ...model.nodes.map((node) => message(1, ...nodeFields(node))),
    text(2, model.name),
    ...model.constants.map(({ name, shape, values }) => message(5, ...tensorFields(values, shape), text(8, name))),
    ...model.inputs.map((info) => message(11, ...infoFields(info))),
    ...model.outputs.map((info) => message(12, ...infoFields(info))),
  ]
  return concat([
    integer(1, model.irVersion),
    text(2, model.producer),
    message(7, ...graph),
    ...Object.entries(model.opsets).map(([domain, version]) => message(8, text(1, domain), integer(2, version))),
    ...Object.entries(model.metadata).map(([key, value]) => message(14, text(1, key), text(2, value))),
  ])
}

function nodeFields({ operator, domain, inputs, outputs, attributes = {} }: OnnxNode): Uint8Array[] {
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) => message(5, text(1, name), ...attributeFields(value))),
    ...(domain ? [text(7, domain)] : []),
  ]
}

function attributeFields(value: Attribute): Uint8Array[] {
  if ('integer' in value) return [integer(3, value.integer), integer(20, attributeCode.integer)]
  if ('tensor' in value) return [message(5, ...tensorFields(value.tensor)), integer(20, attributeCode.tensor)]
  if ('integers' in value) return [packedIntegers(8, value.integers), integer(20, attributeCode.integers)]
  return [...value.strings.map((item) => text(9, item)), integer(20, attributeCode.strings)]
}

/** A vector unless a shape is given; its elements lie in memory as ONNX wants them, low byte first. */
function tensorFields(values: Float32Array | Uint8Array, shape: readonly number[] = [values.length]): Uint8Array[] {
  const code = values instanceof Float32Array ? elementCode.float32 : elementCode.uint8
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return [...shape.map((length) => integer(1, length)), integer(2, code), bytes(9, raw)]
}

function infoFields({ name, elementType, shape }: TensorInfo): Uint8Array[] {
  const dimensions = shape.map((length) =>
    message(1, typeof length === 'number' ? integer(1, length) : text(2, length)),
  )
  const tensor = message(1, integer(1, elementCode[elementType]), message(2, ...dimensions))
  return [text(1, name), message(2, tensor)]
}
