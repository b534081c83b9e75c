import { z } from 'zod'
import {
  CategoryCounts,
  Digest,
  EventBase,
  EventTime,
  Histogram,
  Name,
  PageQuery,
  Timestamp,
  pageOf,
} from './common.ts'
import { defineEndpoints, defineErrors, defineEvents } from './endpoint.ts'

/** Text that PostgreSQL can keep: no NUL, no half of a surrogate pair. */
const Text = z.string().refine((text) => text.isWellFormed() && !text.includes('\0'), {
  error: 'holds a character that cannot be stored (NUL or half of a surrogate pair)',
})
const ColumnName = Text.min(1).max(500)

/** `type` is DuckDB's name of it, e.g. `BIGINT`. */
export const Column = z.object({ name: z.string(), type: z.string(), nullable: z.boolean() })
export type Column = z.infer<typeof Column>

export const ColumnProfile = z.object({
  name: z.string(),
  type: z.string(),
  rowCount: z.int(),
  nullCount: z.int(),
  distinctCount: z.int(),
  /** Numbers and timestamps (epoch milliseconds). */
  numeric: z
    .object({
      min: z.number(),
      max: z.number(),
      mean: z.number(),
      std: z.number(),
      quantiles: z.record(z.string(), z.number()),
      histogram: Histogram,
    })
    .nullable(),
  categories: CategoryCounts.nullable(),
})
export type ColumnProfile = z.infer<typeof ColumnProfile>

/** One rule of a data contract. */
export const DataRule = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('column_type'),
    column: ColumnName,
    type: z.enum(['number', 'text', 'timestamp', 'boolean']),
  }),
  z.object({ kind: z.literal('null_share'), column: ColumnName, atMost: z.number().min(0).max(1) }),
  z.object({ kind: z.literal('range'), column: ColumnName, min: z.number().optional(), max: z.number().optional() }),
  z.object({ kind: z.literal('row_count'), atLeast: z.int().nonnegative() }),
  z.object({ kind: z.literal('known_values'), column: ColumnName, values: z.array(Text.max(1000)).min(1).max(10_000) }),
  /**
   * Within each group the value must be what the reference version says it is (a unit change shows up here).
   * `tolerance` is relative: 0.01 allows 1 %.
   */
  z.object({
    kind: z.literal('same_as_reference'),
    column: ColumnName,
    groupBy: z.array(ColumnName).min(1).max(20),
    tolerance: z.number().nonnegative(),
    /** Share of rows that may differ. */
    atMost: z.number().min(0).max(1),
  }),
  z.object({
    kind: z.literal('sql'),
    name: Name,
    /** Boolean SQL expression over one row, true for a good one. */
    expression: Text.min(1).max(2000),
    atMost: z.number().min(0).max(1),
  }),
])
export type DataRule = z.infer<typeof DataRule>

export const DataContract = z.object({
  description: Text.max(2000).default(''),
  /** A time stamp; without a time zone it is read as UTC. That it is one is checked first, and always. */
  eventTimeColumn: ColumnName,
  /** Columns that name a failing row to a person. */
  keyColumns: z.array(ColumnName).max(20).default([]),
  rules: z.array(DataRule).max(500),
})
export type DataContract = z.infer<typeof DataContract>

export const CheckResult = z.object({
  id: z.string(),
  rule: DataRule,
  status: z.enum(['pass', 'fail', 'not_computable']),
  /** In words, with the numbers: what was expected and what was seen. */
  says: z.string(),
  rowsConsidered: z.int(),
  rowsFailed: z.int(),
  observed: z.number().nullable(),
  expected: z.string(),
  /** Up to 20 failing rows, column name to value. */
  failingRows: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))),
  /** Finds every failing row; `data` stands for the files of the version, `reference` for those of the one before. */
  failingSql: z.string(),
})
export type CheckResult = z.infer<typeof CheckResult>

export const DatasetVersion = z
  .object({
    dataset: Name,
    version: z.int().positive(),
    /** Over files and schema: the same content is the same version. */
    digest: Digest,
    state: z.enum(['accepted', 'refused']),
    rowCount: z.int(),
    sizeBytes: z.int(),
    columns: z.array(Column),
    files: z.array(z.object({ path: z.string(), digest: Digest, sizeBytes: z.int() })),
    eventTimeMin: EventTime.nullable(),
    eventTimeMax: EventTime.nullable(),
    note: z.string(),
    contractVersion: z.int().nullable(),
    checks: z.array(CheckResult),
    createdAt: Timestamp,
    createdBy: z.string(),
  })
  .meta({ id: 'DatasetVersion' })
export type DatasetVersion = z.infer<typeof DatasetVersion>

export const Dataset = z
  .object({
    name: Name,
    contractVersion: z.int().nullable(),
    versionCount: z.int(),
    refusedCount: z.int(),
    /** The newest accepted one. */
    latestVersion: z.int().nullable(),
    eventTimeMax: EventTime.nullable(),
    /** Of all accepted versions together. */
    rowCount: z.int(),
  })
  .meta({ id: 'Dataset' })
export type Dataset = z.infer<typeof Dataset>

export const datasetsErrors = defineErrors({
  'datasets.not_found': {
    status: 404,
    message: 'No such dataset.',
    fix: 'evenkeel api GET /api/v1/datasets lists them',
    details: z.object({ dataset: z.string() }),
  },
  'datasets.version_not_found': {
    status: 404,
    message: 'No such dataset version.',
    fix: 'List them with: evenkeel api GET /api/v1/datasets/DATASET/versions.',
    details: z.object({ dataset: z.string(), version: z.int() }),
  },
  'datasets.unreadable_file': {
    status: 422,
    message: 'The file cannot be read as the table it claims to be; nothing was stored.',
    fix: 'Send a Parquet file, or a CSV file whose rows all have the same columns.',
    details: z.object({ reason: z.string(), line: z.int().optional() }),
  },
  'datasets.empty_file': {
    status: 422,
    message: 'The file holds no rows; nothing was stored.',
    fix: 'Send a file with at least one row.',
    details: z.object({}),
  },
  'datasets.contract_invalid': {
    status: 422,
    message: 'The data contract does not fit the data.',
    fix: 'Correct the column names or the SQL of the rule named in the details.',
    details: z.object({ rule: z.string(), reason: z.string() }),
  },
})

export const datasetsEvents = defineEvents({
  'datasets.version_accepted': EventBase.extend({
    dataset: Name,
    version: z.int(),
    eventTimeMax: EventTime.nullable(),
  }),
  'datasets.version_refused': EventBase.extend({ dataset: Name, version: z.int() }),
})

const one = z.object({ dataset: Name })
const oneVersion = z.object({
  dataset: Name,
  version: z.coerce
    .number<number>()
    .int()
    .positive()
    .max(2 ** 31 - 1),
})

export const datasets = defineEndpoints({
  list: {
    method: 'GET',
    path: '/api/v1/datasets',
    summary: 'List datasets.',
    access: 'datasets:read',
    success: { status: 200, body: z.object({ items: z.array(Dataset) }) },
    errors: [],
  },
  putContract: {
    method: 'PUT',
    path: '/api/v1/datasets/{dataset}/contract',
    summary:
      'Set the data contract; versions that arrive later are checked against it. Creates the dataset if need be.',
    access: 'datasets:write',
    params: one,
    body: DataContract,
    success: { status: 200, body: z.object({ dataset: Name, contractVersion: z.int(), contract: DataContract }) },
    errors: ['datasets.contract_invalid'],
  },
  getContract: {
    method: 'GET',
    path: '/api/v1/datasets/{dataset}/contract',
    summary: 'Read the newest data contract.',
    access: 'datasets:read',
    params: one,
    success: {
      status: 200,
      body: z.object({ dataset: Name, contractVersion: z.int().nullable(), contract: DataContract.nullable() }),
    },
    errors: ['datasets.not_found'],
  },
  addVersion: {
    method: 'POST',
    path: '/api/v1/datasets/{dataset}/versions',
    summary: 'Add a version from a Parquet or CSV file; it is profiled and checked, and accepted or refused.',
    access: 'datasets:write',
    params: one,
    upload: {
      kind: 'multipart',
      limitBytes: 4 * 1024 ** 3,
      fields: z.object({
        format: z.enum(['parquet', 'csv']).default('parquet'),
        note: Text.max(500).default(''),
      }),
    },
    success: { status: 201, body: DatasetVersion },
    errors: ['datasets.unreadable_file', 'datasets.empty_file', 'datasets.contract_invalid'],
  },
  listVersions: {
    method: 'GET',
    path: '/api/v1/datasets/{dataset}/versions',
    summary: 'List versions, newest first.',
    access: 'datasets:read',
    params: one,
    query: PageQuery.extend({
      cursor: z
        .string()
        .regex(/^\d{1,9}$/)
        .optional(),
    }),
    success: { status: 200, body: pageOf(DatasetVersion) },
    errors: ['datasets.not_found'],
  },
  getVersion: {
    method: 'GET',
    path: '/api/v1/datasets/{dataset}/versions/{version}',
    summary: 'Read one version with its checks.',
    access: 'datasets:read',
    params: oneVersion,
    success: { status: 200, body: DatasetVersion },
    errors: ['datasets.version_not_found'],
  },
  getProfile: {
    method: 'GET',
    path: '/api/v1/datasets/{dataset}/versions/{version}/profile',
    summary: 'Read the profile of one version.',
    access: 'datasets:read',
    params: oneVersion,
    success: { status: 200, body: z.object({ columns: z.array(ColumnProfile) }) },
    errors: ['datasets.version_not_found'],
  },
})
