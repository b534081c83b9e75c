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

export const RunStatus = z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'])
export type RunStatus = z.infer<typeof RunStatus>

/** An integer of 64 bits: text beyond 2^53, where a number would become another one. */
export const Int64 = z.union([z.int(), z.string().regex(/^-?\d{16,19}$/)])

/** JSON has no word for NaN and infinities. */
export const Double = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])

export const TrackedRunInfo = z
  .object({
    id: z.string(),
    name: z.string(),
    experimentId: z.string(),
    userId: z.string(),
    status: RunStatus,
    startedMs: z.int(),
    endedMs: z.int().nullable(),
    artifactUri: z.string(),
    lifecycle: Lifecycle,
  })
  .meta({ id: 'TrackedRunInfo' })
export type TrackedRunInfo = z.infer<typeof TrackedRunInfo>

export const TrackedRun = TrackedRunInfo.extend({
  params: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  /** The newest point of each metric: that with the greatest step, timestamp and value. */
  metrics: z.array(z.object({ key: z.string(), value: Double, timestampMs: Int64, step: Int64 })),
  /** Data sets that it read. */
  datasets: z.array(
    z.object({
      name: z.string(),
      digest: z.string(),
      sourceType: z.string(),
      source: z.string(),
      schema: z.string().nullable(),
      profile: z.string().nullable(),
      tags: z.record(z.string(), z.string()),
    }),
  ),
  /** Logged models that it read, and those that it made. */
  inputModels: z.array(z.string()),
  outputModels: z.array(z.object({ modelId: z.string(), step: Int64 })),
}).meta({ id: 'TrackedRun' })
export type TrackedRun = z.infer<typeof TrackedRun>

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
  'tracking.tag_not_found': {
    status: 404,
    message: 'No such tag.',
    fix: 'Read the run to see its tags.',
    details: z.object({ run: z.string(), key: z.string() }),
  },
  'tracking.model_not_found': {
    status: 404,
    message: 'No such logged model.',
    fix: 'Search the logged models of the experiment to find one.',
    details: z.object({ model: z.string() }),
  },
  'tracking.param_changed': {
    status: 409,
    message: 'A param keeps the value that it got first; nothing was written.',
    fix: 'Begin another run for another value, or use a tag, which can change.',
    details: z.object({ run: z.string(), keys: z.array(z.string()) }),
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
  'tracking.plan_changed': {
    status: 409,
    message: 'The plan no longer tells what would be lost; nothing was deleted.',
    fix: 'Ask for the plan again, read it, and send its confirmation.',
    details: z.object({}),
  },
  'tracking.no_retention': {
    status: 409,
    message: 'No retention policy is set here, so nothing goes by itself.',
    fix: 'Set one with: evenkeel retention set.',
    details: z.object({ scope: z.string() }),
  },
  'tracking.retaining': {
    status: 409,
    message: 'A retention policy is being applied already.',
    fix: 'Wait until it has ended: evenkeel retention history.',
    details: z.object({}),
  },
  'tracking.pass_not_found': {
    status: 404,
    message: 'No retention policy was applied under this id.',
    fix: 'List what was: evenkeel retention history.',
    details: z.object({ pass: z.string() }),
  },
  'tracking.view_not_found': {
    status: 404,
    message: 'No such saved view; somebody may have deleted it.',
    fix: 'List the views of the experiment to find one.',
    details: z.object({ view: z.string() }),
  },
  'tracking.view_name_taken': {
    status: 409,
    message: 'Another view of the experiment has this name.',
    fix: 'Take another name, or change the view that has it.',
    details: z.object({ name: z.string() }),
  },
  'tracking.too_many_views': {
    status: 409,
    message: 'The experiment has as many saved views as it may have.',
    fix: 'Delete views that nobody uses.',
    details: z.object({ most: z.int() }),
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
