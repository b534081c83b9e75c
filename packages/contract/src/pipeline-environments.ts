import { z } from 'zod'

/**
 * Where a run belongs. `dev` takes what was applied last, `staging` what was released, `production` only what is in
 * force there; `ci` tries out what a pull request would make of a pipeline.
 */
export const RunEnvironment = z.enum(['dev', 'ci', 'staging', 'production'])
export type RunEnvironment = z.infer<typeof RunEnvironment>

/** Environments to which a release is promoted, in this order. */
export const PromotedEnvironment = z.enum(['staging', 'production'])
export type PromotedEnvironment = z.infer<typeof PromotedEnvironment>

/** The part of the data a run works on: a share in (0, 1], or a count of rows above 1. */
export const Sample = z
  .number()
  .positive()
  .max(1e12)
  .refine((sample) => sample <= 1 || Number.isInteger(sample), {
    error: 'is a share from 0 to 1, or a whole number of rows',
  })
export type Sample = z.infer<typeof Sample>

/** What a pull request, or whatever else is tried out, is called; its results are read by nobody else. */
export const CandidateScope = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_./-]{0,127}$/, {
  error: 'use letters, digits, "_", "-", "." or "/", start with a letter or digit, at most 128 characters',
})
