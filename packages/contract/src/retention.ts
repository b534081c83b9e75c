import { z } from 'zod'
import { PageQuery, pageOf, Timestamp } from './common.ts'
import { defineEndpoints } from './endpoint.ts'

/** After how many days something goes; null: never. */
const Days = z.int().min(1).max(36_500).nullable().default(null)

/** Runs that stay, whatever their age. Those that a registered model version came of always do. */
const KeepRules = z.object({
  /** Runs and traces that have this tag, with another value than "false". */
  tag: z.string().min(1).max(250).default('evenkeel.keep'),
  /** The newest of an experiment. */
  latest: z.int().min(0).max(1000).default(0),
  /** The best of an experiment by the newest value of a metric. */
  best: z
    .array(
      z.object({
        metric: z.string().min(1).max(250),
        order: z.enum(['max', 'min']).default('max'),
        count: z.int().min(1).max(1000),
      }),
    )
    .max(10)
    .default([]),
})

/** What goes by itself, and when. Runs that have not ended never do. */
export const RetentionPolicy = z
  .object({
    /** Runs are deleted so many days after their end; they can be restored until they are purged. */
    deleteRunsAfterDays: Days,
    /** Files of runs, and of the models they logged, go for good; params and metrics stay. */
    deleteFilesAfterDays: Days,
    /** Traces go for good. */
    deleteTracesAfterDays: Days,
    /** What has been deleted for so long goes for good: runs, by hand or by this policy, and experiments with all they hold. */
    purgeAfterDays: Days,
    keep: KeepRules.prefault({}),
  })
  .meta({ id: 'RetentionPolicy' })
export type RetentionPolicy = z.infer<typeof RetentionPolicy>

/** What goes, or went. */
export const RetentionLosses = z.object({
  /** Runs that can be restored. */
  deletedRuns: z.int(),
  /** Runs whose files go, and nothing else. */
  strippedRuns: z.int(),
  purgedRuns: z.int(),
  purgedExperiments: z.int(),
  points: z.int(),
  loggedModels: z.int(),
  traces: z.int(),
  files: z.int(),
  sizeBytes: z.int(),
})
export type RetentionLosses = z.infer<typeof RetentionLosses>

/** Old runs that stay, by why. */
export const RetentionKept = z.object({
  /** A registered model version came of them. */
  registered: z.int(),
  tagged: z.int(),
  /** Among the newest or the best, and without the tag. */
  chosen: z.int(),
})
export type RetentionKept = z.infer<typeof RetentionKept>

export const RetentionPreview = RetentionLosses.extend({ experiments: z.int(), kept: RetentionKept }).meta({
  id: 'RetentionPreview',
})
export type RetentionPreview = z.infer<typeof RetentionPreview>

/** A policy with where it stands. */
export const StoredRetentionPolicy = z
  .object({
    /** `default`, or the id of an experiment, which goes before the default. */
    scope: z.string(),
    /** Name of the experiment; null for the default. */
    experimentName: z.string().nullable(),
    policy: RetentionPolicy,
    setBy: z.string(),
    setAt: Timestamp,
  })
  .meta({ id: 'StoredRetentionPolicy' })
export type StoredRetentionPolicy = z.infer<typeof StoredRetentionPolicy>

export const RetentionPass = z
  .object({
    id: z.string(),
    /** `all`, `default` (experiments without a policy of their own), or the id of an experiment. */
    scope: z.string(),
    state: z.enum(['queued', 'running', 'succeeded', 'failed']),
    /** The name of a user, or `retention` when nobody asked. */
    startedBy: z.string(),
    createdAt: Timestamp,
    endedAt: Timestamp.nullable(),
    /** So far, while it runs. */
    losses: RetentionLosses,
    reason: z.string().nullable(),
  })
  .meta({ id: 'RetentionPass' })
export type RetentionPass = z.infer<typeof RetentionPass>

const scope = z.object({ scope: z.union([z.literal('default'), z.string().regex(/^\d{1,15}$/)]) })
const errors = ['tracking.experiment_not_found'] as const

/** How long runs, their files and traces are kept. */
export const retention = defineEndpoints({
  list: {
    method: 'GET',
    path: '/api/v1/retention/policies',
    summary: 'List the policies that were set, the default first.',
    access: 'tracking:read',
    query: PageQuery,
    success: { status: 200, body: pageOf(StoredRetentionPolicy) },
    errors: [],
  },
  get: {
    method: 'GET',
    path: '/api/v1/retention/policies/{scope}',
    summary: 'Read the policy that holds for an experiment: its own or the default; null when there is neither.',
    access: 'tracking:read',
    params: scope,
    success: { status: 200, body: z.object({ inForce: StoredRetentionPolicy.nullable() }) },
    errors,
  },
  set: {
    method: 'PUT',
    path: '/api/v1/retention/policies/{scope}',
    summary: 'Set the default, or the policy of an experiment; it is applied every night.',
    access: 'tracking:admin',
    params: scope,
    body: RetentionPolicy,
    success: { status: 200, body: StoredRetentionPolicy },
    errors,
  },
  unset: {
    method: 'DELETE',
    path: '/api/v1/retention/policies/{scope}',
    summary: 'Take a policy away; an experiment has the default again.',
    access: 'tracking:admin',
    params: scope,
    success: { status: 200, body: z.object({ removed: z.boolean() }) },
    errors,
  },
  preview: {
    method: 'POST',
    path: '/api/v1/retention/policies/{scope}/preview',
    summary: 'What a policy would take away now: that of the body, or the one in force.',
    access: 'tracking:admin',
    params: scope,
    body: z.object({ policy: RetentionPolicy.optional() }),
    success: { status: 200, body: RetentionPreview },
    errors: [...errors, 'tracking.no_retention'],
  },
  apply: {
    method: 'POST',
    path: '/api/v1/retention/policies/{scope}/apply',
    summary: 'Apply the policy in force now, in the background.',
    access: 'tracking:admin',
    params: scope,
    success: { status: 202, body: RetentionPass },
    errors: [...errors, 'tracking.no_retention', 'tracking.retaining'],
  },
  passes: {
    method: 'GET',
    path: '/api/v1/retention/passes',
    summary: 'What policies took away, newest first.',
    access: 'tracking:read',
    query: PageQuery,
    success: { status: 200, body: pageOf(RetentionPass) },
    errors: [],
  },
  pass: {
    method: 'GET',
    path: '/api/v1/retention/passes/{pass}',
    summary: 'Read one of them, and how far it is.',
    access: 'tracking:read',
    params: z.object({ pass: z.string().max(64) }),
    success: { status: 200, body: RetentionPass },
    errors: ['tracking.pass_not_found'],
  },
})
