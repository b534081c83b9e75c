import { z } from 'zod'
import { Digest, ModelName } from './common.ts'
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

/** What a run makes again: a version of a model, as the run that made it did. */
export const Reproduces = z.object({
  run: z.string(),
  model: ModelName,
  version: z.int(),
  /** What the version was judged against then; null when there was nothing. */
  champion: z.int().nullable(),
  /** Of the model file of the version. */
  digest: Digest,
  /** What the version says it was made with, and the same of the server that makes it again. */
  software: z.object({ before: z.record(z.string(), z.string()), after: z.record(z.string(), z.string()) }),
  /** Of the folder of the server, in which steps start that do not list their code. */
  folderCommit: z.string(),
  /** How far numbers may be apart and still count as equal. */
  tolerance: z.number(),
})
export type Reproduces = z.infer<typeof Reproduces>

/** What a run says of it. */
export const ranIn = {
  environment: RunEnvironment,
  /** The pull request it tries out; null outside of ci. */
  scope: z.string().nullable(),
  /** It saw only a part of the data: nothing it makes becomes a model version. */
  sample: Sample.nullable(),
  /** Nothing it makes becomes a model version, and no trigger hears of it. */
  reproduces: Reproduces.optional(),
}
