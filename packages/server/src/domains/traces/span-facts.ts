import { type OtlpAttribute, type OtlpSpan, type SentSpan, tracesErrors } from '@evenkeel/contract'
import { failures } from '../../platform/errors.ts'
import { cut, limits } from './limits.ts'
import { plainAttributes, textOf, unquoted } from './otlp-values.ts'
import { type Amounts, amountsOf } from './usage.ts'

const fail = failures(tracesErrors)

export type SpanStatus = 'UNSET' | 'OK' | 'ERROR'

/** A span as it is kept, and what it says of its trace. */
export interface SpanFacts {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | null
  readonly name: string
  readonly type: string
  readonly status: SpanStatus
  readonly startedNs: bigint
  readonly endedNs: bigint | null
  readonly body: string
  readonly usage: Amounts | null
  readonly cost: Amounts | null
  readonly requestPreview: string | null
  readonly responsePreview: string | null
  readonly session: string | null
  readonly user: string | null
  readonly tags: Readonly<Record<string, string>>
}

/**
 * Reads a span of OpenTelemetry, with the attributes that MLflow gives a meaning.
 *
 * @throws DomainError `traces.bad_span` for one that cannot be kept
 */
export function factsOf({ span, resource }: SentSpan): SpanFacts {
  const spanId = hexOf(span, span.span_id, 8)
  const attributes = plainAttributes(span.attributes)
  const isRoot = !span.parent_span_id
  return {
    traceId: `tr-${hexOf(span, span.trace_id, 16)}`,
    spanId,
    parentId: span.parent_span_id ? hexOf(span, span.parent_span_id, 8) : null,
    name: span.name ?? '',
    type: shortText(attributes['mlflow.spanType']) ?? 'UNKNOWN',
    status: statuses[span.status?.code ?? ''] ?? 'UNSET',
    startedNs: timeOf(span, span.start_time_unix_nano) ?? 0n,
    endedNs: timeOf(span, span.end_time_unix_nano),
    body: JSON.stringify(span),
    usage: amountsOf(unquoted(attributes['mlflow.chat.tokenUsage'])),
    cost: amountsOf(unquoted(attributes['mlflow.llm.cost'])),
    requestPreview: isRoot ? previewOf(attributes['mlflow.spanInputs']) : null,
    responsePreview: isRoot ? previewOf(attributes['mlflow.spanOutputs']) : null,
    session: shortText(attributes['session.id'] ?? attributes['gen_ai.conversation.id']),
    user: shortText(attributes['user.id']),
    tags: { ...resourceTags(resource), ...(isRoot && rootTags(attributes)) },
  }
}

const statuses: Readonly<Record<string, SpanStatus>> = { STATUS_CODE_OK: 'OK', STATUS_CODE_ERROR: 'ERROR' }

function hexOf(span: OtlpSpan, id: unknown, bytes: number): string {
  const hex = typeof id === 'string' ? Buffer.from(id, 'base64').toString('hex') : ''
  if (hex.length === 2 * bytes && /[^0]/.test(hex)) return hex
  const why = `The span "${cut(span.name ?? '', 100)}" has an id of ${hex.length / 2} bytes, or of zeros, where ${bytes} are needed.`
  throw fail('traces.bad_span', { span: span.name ?? '' }, { why })
}

/** Zero is what is not known yet. */
function timeOf(span: OtlpSpan, nanoseconds: string | undefined): bigint | null {
  const time = BigInt(nanoseconds ?? '0')
  if (time === BigInt.asIntN(64, time)) return time === 0n ? null : time
  const why = `The span "${cut(span.name ?? '', 100)}" is at ${nanoseconds} ns since 1970, which no clock shows.`
  throw fail('traces.bad_span', { span: span.name ?? '' }, { why })
}

const previewOf = (value: unknown): string | null =>
  value === undefined || value === null ? null : cut(textOf(value), limits.ownPreview, '...')

function shortText(value: unknown): string | null {
  const text = unquoted(value)
  return text === undefined || text === null || text === '' ? null : cut(textOf(text), limits.key)
}

const tagPrefix = 'mlflow.traceTag.'

/** Tags that a client of OpenTelemetry can only send as attributes of the root. */
const rootTags = (attributes: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(attributes)
      .filter(([key]) => key.startsWith(tagPrefix))
      .map(([key, value]) => [key.slice(tagPrefix.length), cut(textOf(unquoted(value)), limits.value)] as const)
      .filter(([key]) => isTagKey(key)),
  )

/** What the program says of itself, but for what says nothing, or would pass for ours. */
const resourceTags = (resource: readonly OtlpAttribute[]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(plainAttributes(resource))
      .filter(([key]) => isTagKey(key) && !key.startsWith('telemetry.sdk.') && !key.startsWith('mlflow.'))
      .map(([key, value]) => [key, cut(textOf(value), limits.value)]),
  )

const isTagKey = (key: string) => key !== '' && key.length <= limits.key
