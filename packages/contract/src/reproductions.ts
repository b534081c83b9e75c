import { z } from 'zod'
import { Digest, ModelName, Name, PageQuery, Timestamp, pageOf } from './common.ts'
import { defineEndpoints, defineErrors } from './endpoint.ts'
import { AttemptState, RunState, StepState } from './pipeline-run.ts'
import { StepKey } from './pipeline-spec.ts'
import { MetricValue, StepOutput } from './step-results.ts'

/**
 * `identical`: bit by bit. `equal`: numbers are as near as the tolerance asks, all else is the same. `pending`: not
 * compared yet. `not_repeated`: it was left out.
 */
export const Sameness = z.enum(['identical', 'equal', 'differs', 'pending', 'not_repeated'])
export type Sameness = z.infer<typeof Sameness>

/** One output of a step, then and now. */
export const OutputComparison = z.object({
  output: Name,
  sameness: Sameness,
  /** What is not the same, and where first. */
  says: z.string(),
  /** The widest gap between two numbers; null where none were compared. */
  maxDifference: z.number().nullable(),
  before: StepOutput.nullable(),
  after: StepOutput.nullable(),
})
export type OutputComparison = z.infer<typeof OutputComparison>

const Attempted = z.object({
  state: StepState,
  /** Those it took, in their order. */
  attempts: z.array(AttemptState),
  /** Of the attempt that left the result. */
  durationMs: z.number().nullable(),
})

export const StepComparison = z.object({
  step: StepKey,
  sameness: Sameness,
  says: z.string(),
  /** Where its result was taken over, how it went where that was made. Null: it was not there. */
  before: Attempted.nullable(),
  after: Attempted.nullable(),
  outputs: z.array(OutputComparison),
  values: z.array(
    z.object({ name: z.string(), sameness: Sameness, before: z.string().nullable(), after: z.string().nullable() }),
  ),
  /** Beside one another; they decide nothing, because many of them measure time. */
  metrics: z.array(
    z.object({
      name: z.string(),
      labels: z.record(z.string(), z.string()),
      before: MetricValue.nullable(),
      after: MetricValue.nullable(),
    }),
  ),
})
export type StepComparison = z.infer<typeof StepComparison>

/** Relative to the larger of two numbers where that is above 1, else absolute. */
export const Tolerance = z.number().nonnegative().max(1)

const summary = {
  /** The id of its run. */
  id: z.string(),
  model: ModelName,
  version: z.int(),
  /** The run that made the version. */
  ofRun: z.string(),
  pipeline: Name,
  pipelineVersion: z.int(),
  tolerance: Tolerance,
  state: RunState,
  /** Null until it is known; it stays so when the run is cancelled or nothing could be compared. */
  verdict: z.enum(['identical', 'equal', 'differs']).nullable(),
  /** As in "Bit-identical in 5 of 5 steps." */
  says: z.string(),
  createdBy: z.string(),
  createdAt: Timestamp,
  endedAt: Timestamp.nullable(),
}

export const ReproductionSummary = z.object(summary)
export type ReproductionSummary = z.infer<typeof ReproductionSummary>

export const Reproduction = z
  .object({
    ...summary,
    /** The pipeline version was released, and is signed. */
    isReleased: z.boolean(),
    commit: z.string(),
    /** `EVENKEEL_SEED` of both runs; null where the first had none. */
    seed: z.int().nullable(),
    /** The model file that would have been registered. */
    modelFile: z.object({
      sameness: Sameness,
      says: z.string(),
      before: Digest,
      after: Digest.nullable(),
    }),
    /** What is other than it was, beside what the run is made of: machine, software, programs that ship with Evenkeel. */
    surroundings: z.array(z.object({ what: z.string(), says: z.string() })),
    /** In the order of the pipeline. */
    steps: z.array(StepComparison),
  })
  .meta({ id: 'Reproduction' })
export type Reproduction = z.infer<typeof Reproduction>

/** What the comparison of one pair of outputs, told apart by step and output, has found. */
export const Judged = OutputComparison.pick({ output: true, sameness: true, says: true, maxDifference: true }).extend({
  step: StepKey,
})
export type Judged = z.infer<typeof Judged>

export const reproductionsErrors = defineErrors({
  'pipelines.not_reproducible': {
    status: 422,
    message: 'The version cannot be made again here; nothing was started.',
    fix: 'Bring back what the reason names, or register the version from a pipeline run.',
    details: z.object({ model: ModelName, version: z.int(), missing: z.array(z.string()) }),
  },
  'pipelines.reproduction_not_found': {
    status: 404,
    message: 'No such reproduction.',
    fix: 'List those of a model with: evenkeel reproduce --list MODEL.',
    details: z.object({ reproduction: z.string() }),
  },
})

export const reproductions = defineEndpoints({
  start: {
    method: 'POST',
    path: '/api/v1/models/{model}/versions/{version}/reproductions',
    summary: 'Make a version again, from the same code, data, params and software, and compare what comes of it.',
    access: 'pipelines:write',
    params: z.object({ model: ModelName, version: z.coerce.number<number>().int().positive() }),
    body: z.object({
      tolerance: Tolerance.default(1e-6),
      /** Steps that are not repeated, with what depends on them: those that tell somebody outside. */
      without: z.array(StepKey).max(1000).default([]),
    }),
    success: { status: 201, body: Reproduction },
    errors: ['registry.version_not_found', 'pipelines.not_reproducible', 'pipelines.secret_missing'],
  },
  list: {
    method: 'GET',
    path: '/api/v1/models/{model}/reproductions',
    summary: 'List the reproductions of the versions of a model, newest first.',
    access: 'registry:read',
    params: z.object({ model: ModelName }),
    query: PageQuery.extend({ version: z.coerce.number<number>().int().positive().optional() }),
    success: { status: 200, body: pageOf(ReproductionSummary) },
    errors: [],
  },
  get: {
    method: 'GET',
    path: '/api/v1/reproductions/{reproduction}',
    summary: 'Read a reproduction: step by step, what is identical, what is equal, and what differs.',
    access: 'registry:read',
    params: z.object({ reproduction: z.string().max(64) }),
    success: { status: 200, body: Reproduction },
    errors: ['pipelines.reproduction_not_found'],
  },
})
