import { z } from 'zod'
import { CandidateScope, RunEnvironment, Sample } from './pipeline-environments.ts'
import { StepKey } from './pipeline-spec.ts'

/** Where a run belongs, and how much of the pipeline and of its data it takes. */
export const runTarget = {
  environment: RunEnvironment.default('dev'),
  /** Needed in ci, and only there. */
  scope: CandidateScope.optional(),
  sample: Sample.optional(),
  /** Only these steps, and what they depend on. */
  only: z.array(StepKey).min(1).optional(),
}

/** What a run says of it. */
export const ranIn = {
  environment: RunEnvironment,
  /** The pull request it tries out; null outside of ci. */
  scope: z.string().nullable(),
  /** It saw only a part of the data: nothing it makes becomes a model version. */
  sample: Sample.nullable(),
  /** The run that it makes again: nothing it makes becomes a model version, and no trigger hears of it. */
  reproduces: z.string().optional(),
}
