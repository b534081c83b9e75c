import { z } from 'zod'
import { Name } from './common.ts'
import { TargetLabels } from './target-labels.ts'
import { defineEndpoints } from './endpoint.ts'

/** A place where steps run. */
export const Target = z
  .object({
    name: Name,
    kind: z.string(),
    labels: TargetLabels.default({}),
    answers: z.boolean(),
    /** Of the platform; null when it does not answer. */
    version: z.string().nullable(),
    /** Jobs of ours that have not ended there; null when it does not answer. */
    jobCount: z.int().nullable(),
    /** Why it does not answer. */
    reason: z.string().nullable(),
  })
  .meta({ id: 'Target' })
export type Target = z.infer<typeof Target>

/** Part of the operations of pipelines. */
export const targets = defineEndpoints({
  listTargets: {
    method: 'GET',
    path: '/api/v1/targets',
    summary: 'List the places where steps run, and ask each whether it answers.',
    access: 'pipelines:read',
    success: { status: 200, body: z.object({ items: z.array(Target) }) },
    errors: [],
  },
})
