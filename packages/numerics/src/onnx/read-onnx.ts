import { bytesOf, type Field, fieldsOf, integerOf, OnnxFormatError, textOf } from './protobuf-reader.ts'

/** What a model says of itself, without loading it. */
export interface OnnxSummary {
  readonly irVersion: number
  /** The operator sets it needs; the default domain is called `ai.onnx`. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[]
  /** Name of the program that wrote it; empty when it does not say. */
  readonly producer: string
  /** What a caller must give: initialisers that are listed as inputs are left out. */
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly metadata: Readonly<Record<string, string>>
  /** Nodes of the main graph, without those of its subgraphs. */
  readonly nodeCount: number
}

export interface OnnxValue {
  readonly name: string
  /** As in NumPy, e.g. `float32`, or `string`; `sequence`, `map`, `optional` or `sparse` for what is not a tensor. */
  readonly elementType: string
  /** A length, or the name of one that is open (empty when it has no name); undefined when even the rank is open. */
  readonly shape: readonly (number | string)[] | undefined
}

// Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const elementTypes = [
  'undefined float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64 complex64',
  'complex128 bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 float4e2m1',
].flatMap((names) => names.split(' '))
const otherTypes: Readonly<Record<number, string>> = { 4: 'sequence', 5: 'map', 8: 'sparse', 9: 'optional' }

/**
 * Reads the head of an ONNX model.
 *
 * @throws OnnxFormatError when the bytes are not an ONNX model
 */
export function readOnnx(bytes: Uint8Array): OnnxSummary {
  const fields = [...fieldsOf(bytes)]
  const graph = fields.find(({ number }) => number === 7)
  const irVersion = integers(fields, 1)[0]
  if (!graph || irVersion === undefined) {
    const absent = graph ? 'IR version' : 'graph'
    throw new OnnxFormatError(`onnx: the bytes have no ${absent}, so they are not an ONNX model; upload an .onnx file`)
  }
  return {
    irVersion,
    opsets: messages(fields, 8).map((opset) => ({
      domain: texts(opset, 1)[0] || 'ai.onnx',
      version: integers(opset, 2)[0] ?? 0,
    })),
    producer: texts(fields, 2)[0] ?? '',
    metadata: Object.fromEntries(
      messages(fields, 14).map((entry) => [texts(entry, 1)[0] ?? '', texts(entry, 2)[0] ?? '']),
    ),
    ...readGraph([...fieldsOf(bytesOf(graph))]),
  }
}

function readGraph(graph: readonly Field[]): Pick<OnnxSummary, 'inputs' | 'outputs' | 'nodeCount'> {
  // Name of a tensor: field 8. Its data may be large, so only the names are looked at.
  const initialisers = new Set(messages(graph, 5).map((tensor) => texts(tensor, 8)[0]))
  return {
    inputs: messages(graph, 11)
      .map(readValue)
      .filter(({ name }) => !initialisers.has(name)),
    outputs: messages(graph, 12).map(readValue),
    nodeCount: graph.filter(({ number }) => number === 1).length,
  }
}

function readValue(value: readonly Field[]): OnnxValue {
  const name = texts(value, 1)[0] ?? ''
  const type = messages(value, 2)[0] ?? []
  const tensor = messages(type, 1)[0]
  if (!tensor) return { name, elementType: otherTypes[type[0]?.number ?? 0] ?? 'undefined', shape: undefined }
  const code = integers(tensor, 1)[0] ?? 0
  return { name, elementType: elementTypes[code] ?? `type ${code}`, shape: messages(tensor, 2)[0]?.map(readDimension) }
}

function readDimension(field: Field): number | string {
  const dimension = [...fieldsOf(bytesOf(field))]
  return integers(dimension, 1)[0] ?? texts(dimension, 2)[0] ?? ''
}

const withNumber = (fields: readonly Field[], number: number) => fields.filter((field) => field.number === number)
const integers = (fields: readonly Field[], number: number) => withNumber(fields, number).map(integerOf)
const texts = (fields: readonly Field[], number: number) => withNumber(fields, number).map(textOf)
const messages = (fields: readonly Field[], number: number) =>
  withNumber(fields, number).map((field) => [...fieldsOf(bytesOf(field))])
