import { z } from 'zod'
import { Digest, ModelName, Name, Timestamp } from './common.ts'
import { defineEndpoints, defineErrors } from './endpoint.ts'
import { Baseline, ConvertedModel, Evaluation, Stage } from './registry.ts'

/** What an import may ask for; see `docs/models.md`. */
export const importLimits = {
  /** Drafts of a project that are not registered yet. */
  openDrafts: 50,
  /** A draft that nobody touches for so long is removed. */
  draftDays: 30,
  trialRows: 500,
  trialBytes: 4 * 1024 ** 2,
  trialSeconds: 30,
  trialMiB: 2048,
  /** Rows of a reference that its baselines are made of; a longer one is drawn from. */
  referenceRows: 20_000,
} as const

/** One value of a sample: null is missing; a list is for an input with several values per row. */
const Cell = z.union([z.number(), z.string().max(10_000), z.boolean(), z.null()])
const Value = z.union([Cell, z.array(Cell).max(100_000)])
/** One row by the names of the inputs. */
export const SampleRow = z.record(z.string(), Value)
export type SampleRow = z.infer<typeof SampleRow>

export const ImportSource = z.object({
  digest: Digest,
  /** As it was called where it came from. */
  fileName: z.string().min(1).max(255),
  sizeBytes: z.int(),
})

/** What the file says of itself. */
export const ModelInspection = ConvertedModel.extend({
  irVersion: z.int(),
  opsets: z.array(z.object({ domain: z.string(), version: z.int() })),
  /** Name of the program that wrote the ONNX file; empty when it does not say. */
  producer: z.string(),
  nodeCount: z.int(),
  metadata: z.record(z.string(), z.string()),
})
export type ModelInspection = z.infer<typeof ModelInspection>

/** What was expected of an output, and what it was. Numbers that are none are null. */
const Difference = z.object({ row: z.int(), expected: z.array(Cell), got: z.array(Cell) })

export const TrialComparison = z.object({
  output: z.string(),
  /** Rows with an expectation. */
  rowCount: z.int(),
  /** A number agrees within `absolute + relative · |expected|`. */
  tolerance: z.object({ absolute: z.number(), relative: z.number() }),
  /** Over all values that are numbers; null when there are none. */
  largestDifference: z.number().nullable(),
  differingCount: z.int(),
  /** The first of them. */
  differing: z.array(Difference),
})
export type TrialComparison = z.infer<typeof TrialComparison>

/** Rows that the model was asked for, one at a time, and what it answered. */
export const ModelTrial = z.object({
  rows: z.array(SampleRow),
  expected: z.array(Value).nullable(),
  outputs: z.array(z.object({ name: z.string(), datatype: z.string(), values: z.array(z.array(Cell)) })),
  /** Answers that hold a value which is no finite number. */
  notFiniteCount: z.int(),
  loadMs: z.number(),
  /** Of one row, on the machine of the server. */
  latencyMs: z.object({ p50: z.number(), p95: z.number(), max: z.number() }),
  comparison: TrialComparison.nullable(),
  triedAt: Timestamp,
})
export type ModelTrial = z.infer<typeof ModelTrial>

/** Where the training data come from: a file that was uploaded, or a version of a dataset. */
export const ReferenceSource = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('file'),
    digest: Digest,
    fileName: z.string().min(1).max(255),
    format: z.enum(['csv', 'parquet', 'json']),
  }),
  z.object({ kind: z.literal('dataset'), dataset: Name, version: z.int().positive() }),
])
export type ReferenceSource = z.infer<typeof ReferenceSource>

export const ModelReference = z.object({
  source: ReferenceSource,
  /** Of the version of the dataset; null for a file. */
  datasetDigest: Digest.nullable(),
  rowCount: z.int(),
  /** Rows that the baselines are made of. */
  sampledCount: z.int(),
  /** One for each input with one value per row, and `score` where the model gives one number. */
  baselines: z.array(Baseline),
  /** Inputs that no column can be compared with, with the reason. */
  leftOut: z.array(z.object({ feature: z.string(), why: z.string() })),
})
export type ModelReference = z.infer<typeof ModelReference>

/** What the version will say of itself. */
export const ImportDetails = z.object({
  model: ModelName.nullable(),
  /** As Hugging Face writes it, such as `apache-2.0`. */
  licence: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.+_-]{0,63}$/, { error: 'use lower case, digits and "-", as in apache-2.0' })
    .nullable(),
  /** Markdown, for the card. */
  notes: z.string().max(20_000),
  evaluation: Evaluation.nullable(),
})
export type ImportDetails = z.infer<typeof ImportDetails>

export const ImportDraft = z
  .object({
    id: z.uuid(),
    createdBy: z.string(),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    /** When it is removed, unless somebody works on it. */
    expiresAt: Timestamp,
    source: ImportSource.nullable(),
    inspection: ModelInspection.nullable(),
    trial: ModelTrial.nullable(),
    reference: ModelReference.nullable(),
    details: ImportDetails,
    /** The version that became of it. */
    registered: z
      .object({ model: ModelName, version: z.int(), stage: Stage, says: z.string(), isNew: z.boolean() })
      .nullable(),
  })
  .meta({ id: 'ImportDraft' })
export type ImportDraft = z.infer<typeof ImportDraft>

/** A draft in a list. */
export const ImportDraftHead = ImportDraft.pick({ id: true, createdBy: true, createdAt: true, updatedAt: true })
  .extend({
    fileName: z.string().nullable(),
    model: ModelName.nullable(),
    isTried: z.boolean(),
    hasReference: z.boolean(),
  })
  .meta({ id: 'ImportDraftHead' })
export type ImportDraftHead = z.infer<typeof ImportDraftHead>

export const modelImportErrors = defineErrors({
  'registry.draft_not_found': {
    status: 404,
    message: 'No such import.',
    fix: 'Begin another one; those that nobody touches for 30 days are removed.',
    details: z.object({ draft: z.string() }),
  },
  'registry.too_many_drafts': {
    status: 409,
    message: 'Too many imports are open.',
    fix: 'Finish or discard one of them.',
    details: z.object({ limit: z.int() }),
  },
  'registry.draft_changed': {
    status: 409,
    message: 'The import was registered, or got another file, in the meantime; nothing was written.',
    fix: 'Read it again.',
    details: z.object({ draft: z.string() }),
  },
  'registry.draft_incomplete': {
    status: 409,
    message: 'A step before this one is missing.',
    fix: 'Do what the reason says.',
    details: z.object({ missing: z.enum(['source', 'model']) }),
  },
  'registry.bad_sample': {
    status: 422,
    message: 'The rows do not fit what the model takes.',
    fix: 'Correct what the reason names, and send the rows again.',
    details: z.object({ row: z.int().nullable(), column: z.string().nullable(), reason: z.string() }),
  },
  'registry.trial_failed': {
    status: 422,
    message: 'The model could not be run.',
    fix: 'Read the reason: what does not run here would not run on a node. Export the model again, or try fewer rows.',
    details: z.object({ reason: z.string() }),
  },
})

const one = z.object({ draft: z.uuid() })
const refusals = ['registry.draft_not_found', 'registry.draft_changed', 'registry.draft_incomplete'] as const

/** The steps of bringing a model that was made elsewhere; each can be left and taken up again. */
export const modelImports = defineEndpoints({
  list: {
    method: 'GET',
    path: '/api/v1/model-imports',
    summary: 'List imports of models that are not registered yet, the last touched first.',
    access: 'registry:read',
    success: { status: 200, body: z.object({ items: z.array(ImportDraftHead) }) },
    errors: [],
  },
  create: {
    method: 'POST',
    path: '/api/v1/model-imports',
    summary: 'Begin to import a model.',
    access: 'registry:write',
    body: z.object({ model: ModelName.nullable().default(null) }),
    success: { status: 201, body: ImportDraft },
    errors: ['registry.too_many_drafts'],
  },
  get: {
    method: 'GET',
    path: '/api/v1/model-imports/{draft}',
    summary: 'Read an import, and what became of it.',
    access: 'registry:read',
    params: one,
    success: { status: 200, body: ImportDraft },
    errors: ['registry.draft_not_found'],
  },
  setSource: {
    method: 'PUT',
    path: '/api/v1/model-imports/{draft}/source',
    summary: 'Name the uploaded file; it is converted and inspected, and nothing in it is run.',
    access: 'registry:write',
    params: one,
    body: ImportSource.omit({ sizeBytes: true }),
    success: { status: 200, body: ImportDraft },
    errors: [
      'registry.draft_not_found',
      'registry.draft_changed',
      'registry.unreadable_model',
      'registry.bad_artifact',
      'platform.blob_not_found',
    ],
  },
  try: {
    method: 'POST',
    path: '/api/v1/model-imports/{draft}/trial',
    summary: 'Run the model on sample rows in a process of its own, and compare with what is expected.',
    access: 'registry:write',
    params: one,
    body: z.object({
      rows: z.array(SampleRow).min(1).max(importLimits.trialRows),
      /** Of the first output, one for each row; null where nothing is expected. */
      expected: z.array(Value).nullable().default(null),
      tolerance: z
        .object({ absolute: z.number().nonnegative().default(1e-6), relative: z.number().nonnegative().default(1e-5) })
        .prefault({}),
    }),
    bodyLimitBytes: importLimits.trialBytes,
    success: { status: 200, body: ImportDraft },
    errors: [...refusals, 'registry.bad_sample', 'registry.trial_failed'],
  },
  setReference: {
    method: 'PUT',
    path: '/api/v1/model-imports/{draft}/reference',
    summary: 'Attach training data or a sample of them: monitors measure drift against it. Null takes it away.',
    access: 'registry:write',
    params: one,
    body: z.object({ source: ReferenceSource.nullable() }),
    success: { status: 200, body: ImportDraft },
    errors: [
      ...refusals,
      'registry.bad_sample',
      'registry.trial_failed',
      'platform.blob_not_found',
      'datasets.version_not_found',
    ],
  },
  setDetails: {
    method: 'PUT',
    path: '/api/v1/model-imports/{draft}/details',
    summary: 'Say which model it is a version of, with licence, notes and evaluation.',
    access: 'registry:write',
    params: one,
    body: ImportDetails,
    success: { status: 200, body: ImportDraft },
    errors: ['registry.draft_not_found', 'registry.draft_changed'],
  },
  register: {
    method: 'POST',
    path: '/api/v1/model-imports/{draft}/register',
    summary: 'Register the version; its gate decides at once. Once per import.',
    access: 'registry:write',
    params: one,
    success: { status: 200, body: ImportDraft },
    errors: ['registry.draft_not_found', 'registry.draft_incomplete', 'registry.bad_artifact'],
  },
  discard: {
    method: 'DELETE',
    path: '/api/v1/model-imports/{draft}',
    summary: 'Discard an import; a version that was registered stays.',
    access: 'registry:write',
    params: one,
    success: { status: 200, body: z.object({ deleted: z.int() }) },
    errors: ['registry.draft_not_found'],
  },
})
