import { z } from 'zod'
import { Digest, EventBase, Name, PageQuery, Timestamp, pageOf } from './common.ts'
import { defineEndpoints, defineErrors, defineEvents } from './endpoint.ts'
import { CandidateScope, PromotedEnvironment } from './pipeline-environments.ts'
import { PromotionApproval } from './promotion-approval.ts'
import { ApprovalState } from './step-approvals.ts'
import { CodeFile, PipelineSpec, StepKey } from './pipeline-spec.ts'
import { ParamValue } from './triggers.ts'

/** What was released, and who says so: signed with Ed25519 over the RFC 8785 form of everything but `signature`. */
export const ReleaseDocument = z.object({
  format: z.literal('evenkeel.release/1'),
  project: z.string(),
  pipeline: Name,
  version: z.int().positive(),
  /** sha256 of the RFC 8785 form of the spec, without its commit. */
  specDigest: Digest,
  /** Null: nobody knows which. */
  commit: z.string().nullable(),
  /** The code is not what the commit holds, or no commit is known. */
  dirty: z.boolean(),
  params: z.record(Name, ParamValue),
  steps: z.array(
    z.object({
      key: StepKey,
      /** sha256 of the RFC 8785 form of its list of code files; null when it lists none. */
      code: Digest.nullable(),
      /** The step that ships with Evenkeel, and the digest of its program. */
      uses: Name.nullable(),
      program: Digest.nullable(),
      /** Lock files of what it runs on, by path. */
      locks: z.record(z.string(), Digest),
    }),
  ),
  /** Every file of code, once. */
  files: z.array(CodeFile),
  notes: z.string(),
  releasedBy: z.string(),
  releasedAt: Timestamp,
  /** First 16 hex digits of the sha256 of the public key (SPKI, DER). */
  keyId: z.string(),
  /** Base64. */
  signature: z.string(),
})
export type ReleaseDocument = z.infer<typeof ReleaseDocument>

export const Release = z
  .object({
    pipeline: Name,
    /** The version here; an imported document may name another one. */
    version: z.int(),
    document: ReleaseDocument,
    createdBy: z.string(),
    createdAt: Timestamp,
    /** It was made by another installation. */
    imported: z.boolean(),
    inForceIn: z.array(PromotedEnvironment),
  })
  .meta({ id: 'Release' })
export type Release = z.infer<typeof Release>

/** One move of an environment from one release to another. */
export const EnvironmentMove = z.object({
  environment: PromotedEnvironment,
  version: z.int(),
  /** What was in force before; null when nothing was. */
  fromVersion: z.int().nullable(),
  kind: z.enum(['promoted', 'rolled_back']),
  by: z.string(),
  why: z.string(),
  at: Timestamp,
})
export type EnvironmentMove = z.infer<typeof EnvironmentMove>

export const ReleaseKey = z.object({
  id: z.string(),
  /** PEM, SPKI. */
  publicKey: z.string(),
  name: z.string(),
  /** The key of this server, with which it signs. */
  own: z.boolean(),
  addedBy: z.string().nullable(),
  addedAt: Timestamp.nullable(),
})
export type ReleaseKey = z.infer<typeof ReleaseKey>

export const releasesErrors = defineErrors({
  'pipelines.release_not_found': {
    status: 404,
    message: 'No such release.',
    fix: 'List them with: evenkeel release list PIPELINE. Make one with: evenkeel release PIPELINE.',
    details: z.object({ pipeline: z.string(), version: z.int().nullable() }),
  },
  'pipelines.release_dirty': {
    status: 409,
    message: 'The version is not what a commit holds; nothing was released.',
    fix: 'Commit, apply and release again; or allow a dirty release, which marks it.',
    details: z.object({ pipeline: z.string(), version: z.int(), commit: z.string().nullable() }),
  },
  'pipelines.release_not_trusted': {
    status: 422,
    message: 'The release cannot be trusted; nothing was changed.',
    fix: 'Ask where it comes from; an admin may add the key that signed it.',
    details: z.object({ keyId: z.string(), reason: z.string() }),
  },
  'pipelines.not_in_force': {
    status: 409,
    message: 'This version does not run in this environment.',
    fix: 'Release it and promote it, or run it in dev.',
    details: z.object({ pipeline: z.string(), environment: z.string(), reason: z.string() }),
  },
  'pipelines.promotion_out_of_order': {
    status: 409,
    message: 'The release was not in staging; production stays as it is.',
    fix: 'Promote it to staging first.',
    details: z.object({ pipeline: z.string(), version: z.int() }),
  },
  'pipelines.own_release': {
    status: 409,
    message: 'Who made a release may not approve it.',
    fix: 'Let another person promote it.',
    details: z.object({ pipeline: z.string(), version: z.int(), user: z.string() }),
  },
})

export const releasesEvents = defineEvents({
  /** A release waits for a person, or somebody has decided. */
  'pipelines.promotion_changed': EventBase.extend({
    pipeline: Name,
    version: z.int(),
    approvalId: z.string(),
    state: ApprovalState,
  }),
  'pipelines.released': EventBase.extend({ pipeline: Name, version: z.int() }),
  'pipelines.environment_moved': EventBase.extend({
    pipeline: Name,
    environment: PromotedEnvironment,
    version: z.int(),
    fromVersion: z.int().nullable(),
  }),
})

const one = z.object({ pipeline: Name })
const oneRelease = z.object({ pipeline: Name, version: z.coerce.number<string>().int().positive() })
const oneEnvironment = z.object({ pipeline: Name, environment: PromotedEnvironment })

export const releases = defineEndpoints({
  create: {
    method: 'POST',
    path: '/api/v1/pipelines/{pipeline}/releases',
    summary: 'Release a version of a pipeline: an immutable, signed document. The same version again changes nothing.',
    access: 'pipelines:write',
    params: one,
    body: z.object({
      /** The newest when absent. */
      version: z.int().positive().optional(),
      notes: z.string().max(10_000).default(''),
      allowDirty: z.boolean().default(false),
    }),
    success: { status: 200, body: Release },
    errors: ['pipelines.not_found', 'pipelines.release_dirty'],
  },
  list: {
    method: 'GET',
    path: '/api/v1/pipelines/{pipeline}/releases',
    summary: 'List the releases of a pipeline, newest version first.',
    access: 'pipelines:read',
    params: one,
    query: PageQuery,
    success: { status: 200, body: pageOf(Release) },
    errors: [],
  },
  get: {
    method: 'GET',
    path: '/api/v1/pipelines/{pipeline}/releases/{version}',
    summary: 'Read a release and the spec it holds.',
    access: 'pipelines:read',
    params: oneRelease,
    /** The spec is as it was stored, so that its digest holds. */
    success: { status: 200, body: Release.extend({ spec: z.unknown() }) },
    errors: ['pipelines.release_not_found'],
  },
  importOne: {
    method: 'POST',
    path: '/api/v1/pipelines/{pipeline}/releases/import',
    summary: 'Take over a release that an installation made whose key is trusted here; its code is uploaded before.',
    access: 'pipelines:write',
    params: one,
    body: z.object({ document: ReleaseDocument, spec: z.unknown() }),
    success: { status: 200, body: z.object({ release: Release, warnings: z.array(z.string()) }) },
    errors: ['pipelines.release_not_trusted', 'pipelines.spec_invalid'],
  },
  environments: {
    method: 'GET',
    path: '/api/v1/pipelines/{pipeline}/environments',
    summary: 'Say which release is in force in each environment, and how that came about, newest move first.',
    access: 'pipelines:read',
    params: one,
    success: {
      status: 200,
      body: z.object({ inForce: z.array(EnvironmentMove), history: z.array(EnvironmentMove) }),
    },
    errors: [],
  },
  promote: {
    method: 'POST',
    path: '/api/v1/pipelines/{pipeline}/environments/{environment}',
    summary:
      'Put a release in force: staging first, then production, where another person is asked if its policy wants one. One that was in force there before rolls back.',
    access: 'pipelines:write',
    params: oneEnvironment,
    body: z.object({
      /** The newest release for staging, and what is in staging for production, when absent. */
      version: z.int().positive().optional(),
      reason: z.string().max(1000).default(''),
      /** Said by a person other than who made the release, where production needs one; without it, one is asked for. */
      approve: z.boolean().default(false),
    }),
    success: {
      status: 200,
      body: z.object({
        /** Null while it waits for a person and nothing was in force before; else what is in force now. */
        move: EnvironmentMove.nullable(),
        changed: z.boolean(),
        /** The request that waits for another person; null where none is needed. */
        approval: PromotionApproval.nullable(),
      }),
    },
    errors: [
      'pipelines.release_not_found',
      'pipelines.release_not_trusted',
      'pipelines.promotion_out_of_order',
      'pipelines.own_release',
    ],
  },
  putCandidate: {
    method: 'POST',
    path: '/api/v1/pipelines/{pipeline}/candidates',
    summary:
      'Store what a pull request would make of a pipeline, for runs in ci; nothing else takes it for the newest.',
    access: 'pipelines:write',
    params: one,
    body: z.object({ scope: CandidateScope, spec: PipelineSpec }),
    success: { status: 200, body: z.object({ version: z.int() }) },
    errors: ['pipelines.spec_invalid'],
  },
  keys: {
    method: 'GET',
    path: '/api/v1/release-keys',
    summary: 'List the public keys whose releases are trusted; the own one comes first.',
    access: 'pipelines:read',
    success: { status: 200, body: z.object({ items: z.array(ReleaseKey) }) },
    errors: [],
  },
  trust: {
    method: 'POST',
    path: '/api/v1/release-keys',
    summary: 'Trust releases that are signed with a key.',
    access: 'pipelines:admin',
    body: z.object({ publicKey: z.string().max(4096), name: z.string().trim().min(1).max(200) }),
    success: { status: 200, body: ReleaseKey },
    errors: ['pipelines.release_not_trusted'],
  },
})
