import { randomBytes } from 'node:crypto'
import type { Face } from './testing.ts'

export const v3 = (path: string) => `/api/3.0/mlflow/traces${path}`
export const at = (ms: number) => `${1_763_800_000_000 + ms}000000`
export const value = (text: string) => ({ stringValue: text })

interface NewSpan {
  readonly trace: string
  readonly id?: string
  readonly parent?: string
  readonly name?: string
  readonly from?: number
  readonly to?: number
  readonly attributes?: readonly { key: string; value: object }[]
  readonly error?: true
}

export const hex = (bytes: number) => randomBytes(bytes).toString('hex')

const spanOf = ({
  trace,
  id = hex(8),
  parent,
  name = 'step',
  from = 0,
  to = 100,
  attributes = [],
  error,
}: NewSpan) => ({
  traceId: trace,
  spanId: id,
  ...(parent && { parentSpanId: parent }),
  name,
  startTimeUnixNano: at(from),
  endTimeUnixNano: at(to),
  attributes,
  ...(error && { status: { code: 2 } }),
})

export const batchOf = (spans: readonly NewSpan[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: value('late-api') }] },
      scopeSpans: [{ spans: spans.map(spanOf) }],
    },
  ],
})

/** Sends a batch as JSON, unless the headers say otherwise, to experiment 0. */
export async function send(
  face: Face,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${face.world.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-mlflow-experiment-id': '0', ...headers },
    body: body as BodyInit,
  })
  return { status: response.status, text: await response.text() }
}

export const sendSpans = (face: Face, ...spans: readonly NewSpan[]) => send(face, JSON.stringify(batchOf(spans)))

export const infoOf = async (face: Face, trace: string) =>
  (await face.call('GET', v3(`/tr-${trace}`))).body.trace.trace_info
