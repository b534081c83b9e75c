import { z } from 'zod'
import { defineErrors } from './endpoint.ts'

export const tracesErrors = defineErrors({
  'traces.trace_not_found': {
    status: 404,
    message: 'No such trace.',
    fix: 'Search the traces of the experiment to find one.',
    details: z.object({ trace: z.string() }),
  },
  'traces.not_complete': {
    status: 404,
    message: 'Spans of the trace are still on their way.',
    fix: 'Ask again in a moment, or ask for what is there so far (allow_partial).',
    details: z.object({ trace: z.string(), spans: z.int(), expected: z.int() }),
  },
  'traces.tag_not_found': {
    status: 404,
    message: 'No such tag.',
    fix: 'Read the trace to see its tags.',
    details: z.object({ trace: z.string(), key: z.string() }),
  },
  'traces.assessment_not_found': {
    status: 404,
    message: 'No such assessment.',
    fix: 'Read the trace to see its assessments.',
    details: z.object({ trace: z.string(), assessment: z.string() }),
  },
  'traces.bad_value': {
    status: 422,
    message: 'A value is not one that can be kept; nothing was written.',
    fix: 'Read the reason, and send another value.',
    details: z.object({ field: z.string() }),
  },
  'traces.bad_span': {
    status: 422,
    message: 'A span cannot be kept; nothing of the batch was written.',
    fix: 'Read the reason; spans of OpenTelemetry have a trace id of 16 bytes and a span id of 8.',
    details: z.object({ span: z.string() }),
  },
  'traces.too_large': {
    status: 422,
    message: 'A trace cannot hold so much; nothing was written.',
    fix: 'Begin another trace, or log large inputs and outputs as artifacts.',
    details: z.object({ limit: z.int() }),
  },
  'traces.bad_filter': {
    status: 422,
    message: 'The filter or order cannot be read.',
    fix: 'Compare it with docs/search.md.',
    details: z.object({ position: z.int().nullable() }),
  },
})
