import type { Assessment, AssessmentChange, AssessmentError, AssessmentKind, NewAssessment } from '@evenkeel/contract'
import type { MlflowAssessment, mlflowAssessments, MlflowSentAssessment } from '@evenkeel/contract/mlflow'
import type { Caller } from '../../platform/auth.ts'
import { failPlatform } from '../../platform/errors.ts'
import { documentOf } from '../../platform/storable.ts'
import type { RpcHandlers } from './face.ts'
import { momentOf, momentText } from './times.ts'
import { done } from './values.ts'

/** What the face needs of those who keep assessments. */
export interface AssessmentsNeeds {
  create(caller: Caller, traceId: string, assessment: NewAssessment): Promise<Assessment>
  get(caller: Caller, traceId: string, id: string): Promise<Assessment>
  update(caller: Caller, traceId: string, id: string, change: AssessmentChange): Promise<Assessment>
  delete(caller: Caller, traceId: string, id: string): Promise<void>
}

export function assessmentHandlers(assessments: AssessmentsNeeds): RpcHandlers<typeof mlflowAssessments> {
  return {
    createAssessment: async ({ trace_id, assessment }, caller) => ({
      assessment: presentAssessment(await assessments.create(caller, trace_id, assessmentOf(assessment))),
    }),
    getAssessment: async ({ trace_id, assessment_id }, caller) => ({
      assessment: presentAssessment(await assessments.get(caller, trace_id, assessment_id)),
    }),
    updateAssessment: async ({ trace_id, assessment_id, assessment, update_mask }, caller) => {
      const change = changeOf(assessment, new Set(update_mask.split(',').map((field) => field.trim())))
      return { assessment: presentAssessment(await assessments.update(caller, trace_id, assessment_id, change)) }
    },
    deleteAssessment: ({ trace_id, assessment_id }, caller) =>
      done(assessments.delete(caller, trace_id, assessment_id)),
  }
}

export function assessmentOf(sent: MlflowSentAssessment): NewAssessment {
  const said = valueOf(sent)
  if (!said) throw refuse('assessment', 'One of feedback, expectation and issue must be given.')
  return {
    id: sent.assessment_id || null,
    name: sent.assessment_name,
    ...said,
    sourceType: sent.source.source_type,
    sourceId: sent.source.source_id,
    rationale: sent.rationale || null,
    metadata: sent.metadata,
    spanId: sent.span_id || null,
    overrides: sent.overrides || null,
    createdMs: timeOf('create_time', sent.create_time),
    updatedMs: timeOf('last_update_time', sent.last_update_time),
  }
}

const timeOf = (name: string, text: string | undefined) => (text === undefined ? null : momentOf(name, text) || null)

interface Said {
  readonly kind: AssessmentKind
  readonly value: string
  readonly error: AssessmentError | null
}

type SentValue = Pick<MlflowSentAssessment, 'feedback' | 'expectation' | 'issue'>

function valueOf({ feedback, expectation, issue }: SentValue): Said | undefined {
  if (feedback) return { kind: 'feedback', value: jsonText(feedback.value), error: presentError(feedback.error) }
  if (issue) return { kind: 'issue', value: JSON.stringify(issue.issue_name), error: null }
  if (!expectation) return undefined
  const { value, serialized_value: serialized } = expectation
  return { kind: 'expectation', value: serialized ? serializedText(serialized) : jsonText(value), error: null }
}

/** What was never set is null. Integers beyond 2^53 are the nearest number, as in MLflow's messages. */
const jsonText = (value: unknown): string =>
  documentOf(
    JSON.parse(JSON.stringify(value ?? null, (_, part: unknown) => (typeof part === 'bigint' ? Number(part) : part))),
  )

function serializedText({ serialization_format, value }: { serialization_format: string; value: string }): string {
  if (serialization_format !== 'JSON_FORMAT') {
    throw refuse(
      'serialization_format',
      `Unknown serialization format: ${serialization_format}. Only JSON_FORMAT is supported.`,
    )
  }
  try {
    return documentOf(JSON.parse(value))
  } catch (cause) {
    throw refuse('serialized_value', `The value of the expectation is not JSON: ${(cause as Error).message}`)
  }
}

const presentError = (error: NonNullable<MlflowSentAssessment['feedback']>['error']): AssessmentError | null =>
  error
    ? {
        ...(error.error_code && { error_code: error.error_code }),
        ...(error.error_message && { error_message: error.error_message }),
        ...(error.stack_trace && { stack_trace: error.stack_trace }),
      }
    : null

type SentChange = { readonly [K in keyof MlflowSentAssessment]?: MlflowSentAssessment[K] | undefined }

/** Only what the mask names changes. */
function changeOf(sent: SentChange, mask: ReadonlySet<string>): AssessmentChange {
  const value = valueOf({
    feedback: mask.has('feedback') ? sent.feedback : undefined,
    expectation: mask.has('expectation') ? sent.expectation : undefined,
  })
  if (mask.has('feedback') && mask.has('expectation')) {
    throw refuse('update_mask', 'Cannot specify both `expectation` and `feedback` parameters.')
  }
  return {
    ...(value && { value }),
    ...(mask.has('assessment_name') && { name: sent.assessment_name ?? '' }),
    ...(mask.has('rationale') && { rationale: sent.rationale ?? '' }),
    ...(mask.has('metadata') && { metadata: sent.metadata ?? {} }),
    ...(mask.has('valid') && sent.valid !== undefined && { isValid: sent.valid }),
  }
}

export const presentAssessment = (assessment: Assessment): MlflowAssessment => ({
  assessment_id: assessment.id,
  assessment_name: assessment.name,
  trace_id: assessment.traceId,
  ...(assessment.spanId !== null && { span_id: assessment.spanId }),
  source: { source_type: assessment.sourceType, source_id: assessment.sourceId },
  create_time: momentText(assessment.createdMs),
  last_update_time: momentText(assessment.updatedMs),
  ...presentValue(assessment),
  ...(assessment.rationale !== null && { rationale: assessment.rationale }),
  ...(Object.keys(assessment.metadata).length > 0 && { metadata: assessment.metadata }),
  ...(assessment.overrides !== null && { overrides: assessment.overrides }),
  valid: assessment.isValid,
})

function presentValue({ kind, value: text, error }: Assessment) {
  const value: unknown = JSON.parse(text)
  if (kind === 'issue') return { issue: { issue_name: String(value) } }
  if (kind === 'feedback') return { feedback: { value, ...(error && { error }) } }
  const isSerialized = typeof value === 'object' && value !== null
  if (!isSerialized) return { expectation: { value } }
  return { expectation: { serialized_value: { serialization_format: 'JSON_FORMAT', value: text } } }
}

const refuse = (path: string, why: string) =>
  failPlatform('http.invalid_request', { issues: [{ path, message: why }] }, { why })
