/** A value of OpenTelemetry as proto JSON writes it: one member, or none for null. */
export interface OtlpValue {
  readonly string_value?: string
  readonly bool_value?: boolean
  /** 64 bits, as digits. */
  readonly int_value?: string
  readonly double_value?: number | 'NaN' | 'Infinity' | '-Infinity'
  /** Base64. */
  readonly bytes_value?: string
  readonly array_value?: { readonly values?: readonly OtlpValue[] }
  readonly kvlist_value?: { readonly values?: readonly OtlpAttribute[] }
}

export interface OtlpAttribute {
  readonly key?: string
  readonly value?: OtlpValue
}

/** A span of OpenTelemetry as proto JSON writes it: ids are base64, times nanoseconds since 1970 as digits. */
export interface OtlpSpan {
  readonly trace_id: string
  readonly span_id: string
  readonly parent_span_id?: string
  readonly name?: string
  readonly start_time_unix_nano?: string
  readonly end_time_unix_nano?: string
  readonly attributes?: readonly OtlpAttribute[]
  readonly status?: { readonly code?: string; readonly message?: string }
  /** Events, links, kind and whatever else came with it. */
  readonly [more: string]: unknown
}

/** A span, and what the program that made it says of itself. */
export interface SentSpan {
  readonly span: OtlpSpan
  readonly resource: readonly OtlpAttribute[]
}

export type TraceState = 'STATE_UNSPECIFIED' | 'IN_PROGRESS' | 'OK' | 'ERROR'

/** A trace as its client knows it. */
export interface NewTrace {
  readonly id: string
  readonly experimentId: string
  readonly clientRequestId: string | null
  readonly state: TraceState
  readonly requestedMs: number
  readonly durationMs: number | null
  readonly requestPreview: string | null
  readonly responsePreview: string | null
  readonly tags: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, string>>
  readonly assessments: readonly NewAssessment[]
}

/** A trace without its spans. */
export interface TraceInfo extends Omit<NewTrace, 'assessments'> {
  readonly assessments: readonly Assessment[]
}

/** What an assessment says, as JSON text; of an issue, its name. */
export type AssessmentKind = 'feedback' | 'expectation' | 'issue'

/** What a person, a judge or a program thinks of a trace. */
export interface NewAssessment {
  /** Made up when null. */
  readonly id: string | null
  readonly name: string
  readonly kind: AssessmentKind
  /** Any JSON value, as text. */
  readonly value: string
  readonly error: AssessmentError | null
  readonly sourceType: string
  readonly sourceId: string
  readonly rationale: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly spanId: string | null
  /** The assessment that this one takes the place of. */
  readonly overrides: string | null
  readonly createdMs: number | null
  readonly updatedMs: number | null
}

export interface AssessmentError {
  readonly error_code?: string
  readonly error_message?: string
  readonly stack_trace?: string
}

export interface Assessment extends NewAssessment {
  readonly id: string
  readonly traceId: string
  readonly createdMs: number
  readonly updatedMs: number
  /** False once another one overrides it. */
  readonly isValid: boolean
}

/** What changes of an assessment; what is absent stays as it is. */
export interface AssessmentChange {
  readonly name?: string
  readonly rationale?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly isValid?: boolean
  readonly value?: { readonly kind: AssessmentKind; readonly value: string; readonly error: AssessmentError | null }
}
