import { z } from 'zod'
import { defineRpcs } from './rpc.ts'
import { enumeration, flag, required } from './scalars.ts'

const sourceType = enumeration({ SOURCE_TYPE_UNSPECIFIED: 0, HUMAN: 1, LLM_JUDGE: 2, CODE: 3, AI_JUDGE: 4 })
const text = z.string().optional()
const texts = z.record(z.string(), z.string())

const error = z.object({ error_code: text, error_message: text, stack_trace: text })

/** Any JSON value; null is one, and absent means it. */
const anyValue = z.unknown().optional()

/** `value` for one that is no list and no object, else its JSON. */
const expectation = z.object({
  value: anyValue,
  serialized_value: z.object({ serialization_format: z.string(), value: z.string() }).optional(),
})

export const MlflowAssessment = z
  .object({
    assessment_id: z.string(),
    assessment_name: z.string(),
    trace_id: z.string(),
    span_id: text,
    source: z.object({ source_type: z.string(), source_id: z.string() }),
    create_time: z.string(),
    last_update_time: z.string(),
    feedback: z.object({ value: anyValue, error: error.optional() }).optional(),
    expectation: expectation.optional(),
    issue: z.object({ issue_name: z.string() }).optional(),
    rationale: text,
    metadata: texts.optional(),
    overrides: text,
    valid: z.boolean(),
  })
  .meta({ id: 'MlflowAssessment' })
export type MlflowAssessment = z.infer<typeof MlflowAssessment>

/** One that is sent, alone or with its trace. */
export const mlflowSentAssessment = z.object({
  assessment_id: text,
  assessment_name: required,
  trace_id: text,
  span_id: text,
  source: z.object({ source_type: sourceType.default('SOURCE_TYPE_UNSPECIFIED'), source_id: z.string().default('') }),
  create_time: text,
  last_update_time: text,
  feedback: z.object({ value: anyValue, error: error.optional() }).optional(),
  expectation: expectation.optional(),
  issue: z.object({ issue_name: required }).optional(),
  rationale: text,
  metadata: texts.default({}),
  overrides: text,
  valid: flag.optional(),
})
export type MlflowSentAssessment = z.output<typeof mlflowSentAssessment>

const one = z.object({ trace_id: required, assessment_id: required })
const answer = z.object({ assessment: MlflowAssessment })
const write = { versions: ['3.0'], access: 'tracking:write', keepsNullsOf: ['value'] } as const

/** What people, judges and programs think of traces, as the MLflow client speaks of it. */
export const mlflowAssessments = defineRpcs({
  createAssessment: {
    ...write,
    methods: ['POST'],
    path: 'traces/{trace_id}/assessments',
    summary: 'Add an assessment to a trace.',
    request: z.object({ trace_id: required, assessment: mlflowSentAssessment }),
    response: answer,
  },
  getAssessment: {
    versions: ['3.0'],
    access: 'tracking:read',
    methods: ['GET'],
    path: 'traces/{trace_id}/assessments/{assessment_id}',
    summary: 'Read an assessment.',
    request: one,
    response: answer,
  },
  updateAssessment: {
    ...write,
    methods: ['PATCH'],
    path: 'traces/{trace_id}/assessments/{assessment_id}',
    summary: 'Change what an assessment says; who said it stays.',
    request: one.extend({
      assessment: mlflowSentAssessment.partial(),
      /** Names of the fields that change, with commas between them. */
      update_mask: required,
    }),
    response: answer,
  },
  deleteAssessment: {
    ...write,
    methods: ['DELETE'],
    path: 'traces/{trace_id}/assessments/{assessment_id}',
    summary: 'Delete an assessment; the one that it overrode counts again.',
    request: one,
    response: z.object({}),
  },
})
