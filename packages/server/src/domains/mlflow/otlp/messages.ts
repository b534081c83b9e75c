export type Scalar = 'string' | 'bytes' | 'bool' | 'double' | 'int64' | 'fixed64' | 'fixed32' | 'uint32'

export interface Field {
  readonly name: string
  /** An enum is the list of its names by number; a message is asked for, since messages hold each other. */
  readonly type: Scalar | readonly string[] | (() => Message)
  readonly repeated?: true
  /** Bytes that OpenTelemetry's JSON writes in hex, and proto JSON in base64. */
  readonly isId?: true
}

/** Fields by their number. */
export type Message = Readonly<Record<number, Field>>

const anyValue: Message = {
  1: { name: 'string_value', type: 'string' },
  2: { name: 'bool_value', type: 'bool' },
  3: { name: 'int_value', type: 'int64' },
  4: { name: 'double_value', type: 'double' },
  5: { name: 'array_value', type: () => arrayValue },
  6: { name: 'kvlist_value', type: () => attributeList },
  7: { name: 'bytes_value', type: 'bytes' },
}
const arrayValue: Message = { 1: { name: 'values', type: () => anyValue, repeated: true } }
const attribute: Message = { 1: { name: 'key', type: 'string' }, 2: { name: 'value', type: () => anyValue } }
const attributeList: Message = { 1: { name: 'values', type: () => attribute, repeated: true } }

const attributes: Omit<Field, 'repeated'> & { readonly repeated: true } = {
  name: 'attributes',
  type: () => attribute,
  repeated: true,
}

const status: Message = {
  2: { name: 'message', type: 'string' },
  3: { name: 'code', type: ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'] },
}

const event: Message = {
  1: { name: 'time_unix_nano', type: 'fixed64' },
  2: { name: 'name', type: 'string' },
  3: attributes,
  4: { name: 'dropped_attributes_count', type: 'uint32' },
}

const link: Message = {
  1: { name: 'trace_id', type: 'bytes', isId: true },
  2: { name: 'span_id', type: 'bytes', isId: true },
  3: { name: 'trace_state', type: 'string' },
  4: attributes,
  5: { name: 'dropped_attributes_count', type: 'uint32' },
  6: { name: 'flags', type: 'fixed32' },
}

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map((kind) => `SPAN_KIND_${kind}`)

const span: Message = {
  1: { name: 'trace_id', type: 'bytes', isId: true },
  2: { name: 'span_id', type: 'bytes', isId: true },
  3: { name: 'trace_state', type: 'string' },
  4: { name: 'parent_span_id', type: 'bytes', isId: true },
  5: { name: 'name', type: 'string' },
  6: { name: 'kind', type: kinds },
  7: { name: 'start_time_unix_nano', type: 'fixed64' },
  8: { name: 'end_time_unix_nano', type: 'fixed64' },
  9: attributes,
  10: { name: 'dropped_attributes_count', type: 'uint32' },
  11: { name: 'events', type: () => event, repeated: true },
  12: { name: 'dropped_events_count', type: 'uint32' },
  13: { name: 'links', type: () => link, repeated: true },
  14: { name: 'dropped_links_count', type: 'uint32' },
  15: { name: 'status', type: () => status },
  16: { name: 'flags', type: 'fixed32' },
}

const resource: Message = { 1: attributes }
const scopeSpans: Message = { 2: { name: 'spans', type: () => span, repeated: true } }
const resourceSpans: Message = {
  1: { name: 'resource', type: () => resource },
  2: { name: 'scope_spans', type: () => scopeSpans, repeated: true },
}

/** `ExportTraceServiceRequest`, of which the fields that nobody reads are left out. */
export const exportRequest: Message = { 1: { name: 'resource_spans', type: () => resourceSpans, repeated: true } }

/** Deepest that messages may lie in each other. */
export const deepest = 100

/** Why bytes or JSON are no message of OpenTelemetry. */
export class OtlpError extends Error {
  override readonly name = 'OtlpError'
}
