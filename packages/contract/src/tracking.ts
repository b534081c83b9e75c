import { z } from 'zod'
import { defineErrors } from './endpoint.ts'

/** Whether a thing is there, or was deleted and can be restored. */
export const Lifecycle = z.enum(['active', 'deleted'])
export type Lifecycle = z.infer<typeof Lifecycle>

export const Experiment = z
  .object({
    id: z.string(),
    name: z.string(),
    /** Path of names joined by `/`; empty at the top. */
    folder: z.string(),
    artifactLocation: z.string(),
    lifecycle: Lifecycle,
    createdMs: z.int(),
    updatedMs: z.int(),
    tags: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Experiment' })
export type Experiment = z.infer<typeof Experiment>

export const trackingErrors = defineErrors({
  'tracking.experiment_not_found': {
    status: 404,
    message: 'No such experiment.',
    fix: 'Search the experiments to find one.',
    details: z.object({ experiment: z.string() }),
  },
  'tracking.run_not_found': {
    status: 404,
    message: 'No such run.',
    fix: 'Search the runs of the experiment to find one.',
    details: z.object({ run: z.string() }),
  },
  'tracking.model_not_found': {
    status: 404,
    message: 'No such logged model.',
    fix: 'Search the logged models of the experiment to find one.',
    details: z.object({ model: z.string() }),
  },
  'tracking.name_taken': {
    status: 409,
    message: 'The name is taken.',
    fix: 'Take another name, or use the experiment that has it.',
    details: z.object({ name: z.string() }),
  },
  'tracking.wrong_lifecycle': {
    status: 409,
    message: 'What was deleted can be read and restored, not changed.',
    fix: 'Restore it first.',
    details: z.object({ id: z.string(), lifecycle: Lifecycle }),
  },
  'tracking.bad_value': {
    status: 422,
    message: 'A value is not one that can be kept; nothing was written.',
    fix: 'Read the reason, and send another value.',
    details: z.object({ field: z.string() }),
  },
  'tracking.bad_filter': {
    status: 422,
    message: 'The filter or order cannot be read.',
    fix: 'Compare it with docs/search.md.',
    details: z.object({ position: z.int().nullable() }),
  },
})
