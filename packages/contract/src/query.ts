import { z } from 'zod'
import { defineEndpoints, defineErrors } from './endpoint.ts'

export const queryRowLimit = 10_000

/** A cell: JSON as it is, a number where it is exact, else text. `NaN` and infinities are texts. */
const Cell = z.json()

export const QueryAnswer = z
  .object({
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    rows: z.array(z.array(Cell)),
    /** Which limit ended it before its last row; null: this is all. */
    truncated: z.enum(['rows', 'bytes']).nullable(),
    durationMs: z.number(),
  })
  .meta({ id: 'QueryAnswer' })
export type QueryAnswer = z.infer<typeof QueryAnswer>

export const QueryView = z.object({
  name: z.string(),
  says: z.string(),
  columns: z.array(z.object({ name: z.string(), type: z.string(), says: z.string() })),
})
export type QueryView = z.infer<typeof QueryView>

export const queryErrors = defineErrors({
  'query.refused': {
    status: 422,
    message: 'The query is not one that may be asked here.',
    fix: 'Ask one SELECT over the views and functions that docs/query.md lists: evenkeel query --schema.',
    details: z.object({ reason: z.string() }),
  },
  'query.failed': {
    status: 422,
    message: 'The database cannot answer the query.',
    fix: 'Correct what the reason names; the views are listed by: evenkeel query --schema.',
    details: z.object({
      reason: z.string(),
      /** Where in the query, in characters from 1. */
      position: z.int().nullable(),
    }),
  },
  'query.timed_out': {
    status: 422,
    message: 'The query took too long and was stopped.',
    fix: 'Narrow it down: by a time, a run or an experiment, or look at fewer rows.',
    details: z.object({ limitMs: z.int() }),
  },
  'query.busy': {
    status: 503,
    message: 'Too many queries run at this moment.',
    fix: 'Ask again in a few seconds.',
    details: z.object({ limit: z.int() }),
  },
  'query.not_available': {
    status: 503,
    message: 'This server cannot ask queries: it has no role of the database that may only read the views.',
    fix: 'Let the user of EVENKEEL_DATABASE_URL create roles, or make one and set EVENKEEL_QUERY_DATABASE_URL; see docs/query.md.',
    details: z.object({ reason: z.string() }),
  },
})

export const query = defineEndpoints({
  schema: {
    method: 'GET',
    path: '/api/v1/query/schema',
    summary: 'List the views that queries may read, with their columns.',
    access: 'query:read',
    success: { status: 200, body: z.object({ items: z.array(QueryView) }) },
    errors: [],
  },
  run: {
    method: 'POST',
    path: '/api/v1/query',
    summary:
      'Ask one SELECT over the views of the project; nothing can be changed by it. It ends when the client goes away.',
    access: 'query:read',
    body: z.object({
      sql: z.string().trim().min(1).max(20_000),
      limit: z.int().min(1).max(queryRowLimit).default(1000),
    }),
    success: { status: 200, body: QueryAnswer },
    errors: ['query.refused', 'query.failed', 'query.timed_out', 'query.busy', 'query.not_available'],
  },
})
