/** Writes the few ONNX models that tests need, field by field. */

const elementCodes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
} as const
export type ElementType = keyof typeof elementCodes

export interface TestValue {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly (number | string)[]
}

export interface TestNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

export interface TestModel {
  readonly inputs: readonly TestValue[]
  readonly outputs: readonly TestValue[]
  readonly nodes: readonly TestNode[]
  readonly constants?: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: Float32Array | BigInt64Array }>
  >
}

// Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
export function onnxModel({ inputs, outputs, nodes, constants = {} }: TestModel): Buffer {
  const graph = Buffer.concat([
    ...nodes.map((node) =>
      message(
        1,
        ...node.inputs.map((name) => text(1, name)),
        ...node.outputs.map((name) => text(2, name)),
        text(4, node.operator),
      ),
    ),
    text(2, 'test'),
    ...Object.entries(constants).map(([name, { shape, data }]) =>
      message(
        5,
        ...shape.map((length) => integer(1, length)),
        integer(2, data instanceof Float32Array ? 1 : 7),
        text(8, name),
        bytes(9, Buffer.from(data.buffer)),
      ),
    ),
    ...inputs.map((value) => message(11, ...valueFields(value))),
    ...outputs.map((value) => message(12, ...valueFields(value))),
  ])
  return Buffer.concat([integer(1, 10), bytes(7, graph), message(8, text(1, ''), integer(2, 21))])
}

/** Passes its input on. */
export const identity = (type: ElementType, shape: readonly (number | string)[] = ['N', 2]): Buffer =>
  onnxModel({
    inputs: [{ name: 'X', type, shape }],
    outputs: [{ name: 'y', type, shape }],
    nodes: [{ operator: 'Identity', inputs: ['X'], outputs: ['y'] }],
  })

/** `score` = the sum of the inputs plus a constant, all float32 `[N, 1]`. */
export function sum(names: readonly string[], plus: number): Buffer {
  const column = { type: 'float32', shape: ['N', 1] } as const
  return onnxModel({
    inputs: names.map((name) => ({ name, ...column })),
    outputs: [{ name: 'score', ...column }],
    nodes: [{ operator: 'Sum', inputs: [...names, 'plus'], outputs: ['score'] }],
    constants: { plus: { shape: [1], data: Float32Array.of(plus) } },
  })
}

/** Multiplies two square matrices of the size that the input says, which may take as long as one likes. */
export const slow = (): Buffer =>
  onnxModel({
    inputs: [{ name: 'size', type: 'int64', shape: [2] }],
    outputs: [{ name: 'product', type: 'float32', shape: ['A', 'B'] }],
    nodes: [
      { operator: 'ConstantOfShape', inputs: ['size'], outputs: ['zeros'] },
      { operator: 'MatMul', inputs: ['zeros', 'zeros'], outputs: ['product'] },
    ],
  })

function valueFields({ name, type, shape }: TestValue): Buffer[] {
  const dimensions = shape.map((length) =>
    message(1, typeof length === 'number' ? integer(1, length) : text(2, length)),
  )
  return [text(1, name), message(2, message(1, integer(1, elementCodes[type]), message(2, ...dimensions)))]
}

const integer = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)])
const bytes = (field: number, value: Buffer) => Buffer.concat([varint(field * 8 + 2), varint(value.length), value])
const text = (field: number, value: string) => bytes(field, Buffer.from(value))
const message = (field: number, ...fields: readonly Buffer[]) => bytes(field, Buffer.concat(fields))

function varint(value: number): Buffer {
  const encoded: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) encoded.push((rest % 128) | 128)
  return Buffer.from([...encoded, rest])
}
