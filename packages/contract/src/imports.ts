import { z } from 'zod'
import { ModelName } from './common.ts'
import { defineEndpoints, defineErrors } from './endpoint.ts'
import { LoggedModelStatus } from './logged-models.ts'
import { StageLabel } from './registry.ts'
import { Double, Experiment, Int64, Lifecycle, RunStatus } from './tracking.ts'

/** Params, tags or the like of one request; more are sent in several. */
export const mostImportedValues = 1000
/** Points of metrics of one request. */
export const mostImportedPoints = 10_000
/** Runs whose state is asked for at once. */
export const mostImportedStates = 1000

const bodyLimitBytes = 32 * 1024 ** 2

const Key = z.string().min(1).max(250)
const Id = z.string().regex(/^[\w.-]{1,64}$/, { error: 'use letters, digits, "_", "-" or ".", at most 64' })
const Values = z.array(z.object({ key: Key, value: z.string() })).max(mostImportedValues)
const Ms = z.int().nonnegative()

/** What is here of a run that was brought from elsewhere. */
export const ImportedRun = z
  .object({
    run: z.string(),
    experiment: z.string(),
    lifecycle: Lifecycle,
    artifactUri: z.string(),
    /** What the source said of the run when all of it had been brought; null before, or when it was made here. */
    revision: z.string().nullable(),
    params: z.int(),
    tags: z.int(),
    /** Points of all metrics. */
    points: z.int(),
    datasets: z.int(),
    models: z.int(),
  })
  .meta({ id: 'ImportedRun' })
export type ImportedRun = z.infer<typeof ImportedRun>

export const ImportRun = z.object({
  experiment: z.string(),
  name: z.string(),
  userId: z.string(),
  startedMs: Ms,
  /** Where its files stay; null when they are brought here. */
  artifactUri: z.string().max(8000).nullable(),
  params: Values,
  tags: Values,
  datasets: z
    .array(
      z.object({
        name: z.string(),
        digest: z.string(),
        sourceType: z.string(),
        source: z.string(),
        schema: z.string().optional(),
        profile: z.string().optional(),
        tags: Values,
      }),
    )
    .max(mostImportedValues),
  models: z
    .array(z.object({ direction: z.enum(['input', 'output']), modelId: z.string(), step: Int64 }))
    .max(mostImportedValues),
})
export type ImportRun = z.infer<typeof ImportRun>

/** A metric's name, step, milliseconds since 1970 and value. */
export const ImportPoint = z.tuple([Key, Int64, Int64, Double])
export type ImportPoint = z.infer<typeof ImportPoint>

export const ImportLoggedModel = z.object({
  experiment: z.string(),
  name: z.string().min(1),
  modelType: z.string().nullable(),
  sourceRunId: z.string().nullable(),
  status: LoggedModelStatus,
  statusMessage: z.string().nullable(),
  createdMs: Ms,
  updatedMs: Ms,
  /** Where its files stay; null when they are brought here. */
  artifactUri: z.string().max(8000).nullable(),
  params: Values,
  tags: Values,
  metrics: z
    .array(
      z.object({
        key: Key,
        value: Double,
        timestampMs: Int64,
        step: Int64,
        runId: z.string(),
        datasetName: z.string(),
        datasetDigest: z.string(),
      }),
    )
    .max(mostImportedValues),
})
export type ImportLoggedModel = z.infer<typeof ImportLoggedModel>

export const ImportVersion = z.object({
  /** As its source has it. */
  source: z.string().max(8000),
  /** Where its files lie: below those of a run or a logged model that is here, or elsewhere. */
  files: z.union([
    z.object({ run: z.string(), path: z.string() }),
    z.object({ model: z.string(), path: z.string() }),
    z.object({ uri: z.string().max(8000) }),
  ]),
  runId: z.string().nullable(),
  modelId: z.string().nullable(),
  runLink: z.string().nullable(),
  description: z.string(),
  createdBy: z.string(),
  createdMs: Ms,
  updatedMs: Ms,
  stageLabel: StageLabel,
  tags: Values,
})
export type ImportVersion = z.infer<typeof ImportVersion>

export const importErrors = defineErrors({
  'imports.taken': {
    status: 409,
    message: 'Something else is here under this id or name; nothing was written.',
    fix: 'Import into another project, or rename what is here.',
    details: z.object({ what: z.string() }),
  },
})

const run = z.object({ run: Id })
const access = 'tracking:admin'
const taken = 'imports.taken'
const bad = 'tracking.bad_value'

/** Brings what another server kept, with the ids and times it had there. What is sent again changes nothing. */
export const imports = defineEndpoints({
  putExperiment: {
    method: 'POST',
    path: '/api/v1/imports/experiments',
    summary: 'Find the experiment of a name, or make it as it was elsewhere; tags are added.',
    access,
    body: z.object({
      name: z.string().min(1),
      /** Where the files of its runs lie; null for here. */
      artifactLocation: z.string().max(8000).nullable(),
      lifecycle: Lifecycle,
      createdMs: Ms,
      updatedMs: Ms,
      tags: Values,
    }),
    success: { status: 200, body: Experiment },
    errors: [bad],
  },
  states: {
    method: 'POST',
    path: '/api/v1/imports/runs/states',
    summary: 'What is here of runs; those that are not here are left out.',
    access,
    body: z.object({ runs: z.array(z.string()).max(mostImportedStates) }),
    success: { status: 200, body: z.object({ items: z.array(ImportedRun) }) },
    errors: [],
  },
  putRun: {
    method: 'PUT',
    path: '/api/v1/imports/runs/{run}',
    summary: 'Make a run under its id, or add to one that was imported; it runs until it is ended.',
    access,
    params: run,
    body: ImportRun,
    bodyLimitBytes,
    success: { status: 200, body: z.object({ artifactUri: z.string() }) },
    errors: [taken, bad, 'tracking.experiment_not_found', 'tracking.run_not_found', 'tracking.wrong_lifecycle'],
  },
  addPoints: {
    method: 'POST',
    path: '/api/v1/imports/runs/{run}/points',
    summary: 'Add points to metrics of an imported run; one that is there counts once.',
    access,
    params: run,
    body: z.object({ points: z.array(ImportPoint).min(1).max(mostImportedPoints) }),
    success: { status: 200, body: z.object({}) },
    errors: [taken, bad, 'tracking.run_not_found', 'tracking.wrong_lifecycle'],
  },
  endRun: {
    method: 'POST',
    path: '/api/v1/imports/runs/{run}/end',
    summary: 'Say that all of a run has been brought, and how it ended.',
    access,
    params: run,
    body: z.object({
      status: RunStatus,
      endedMs: Ms.nullable(),
      lifecycle: Lifecycle,
      revision: z.string().min(1).max(100),
    }),
    success: { status: 200, body: ImportedRun },
    errors: [taken, 'tracking.run_not_found', 'tracking.wrong_lifecycle'],
  },
  putLoggedModel: {
    method: 'PUT',
    path: '/api/v1/imports/logged-models/{model}',
    summary: 'Make a logged model under its id, or bring an imported one up to date.',
    access,
    params: z.object({ model: Id }),
    body: ImportLoggedModel,
    bodyLimitBytes,
    success: {
      status: 200,
      body: z.object({
        artifactUri: z.string(),
        lifecycle: Lifecycle,
        params: z.int(),
        tags: z.int(),
        metrics: z.int(),
      }),
    },
    errors: [taken, bad, 'tracking.experiment_not_found'],
  },
  putModel: {
    method: 'PUT',
    path: '/api/v1/imports/models/{model}',
    summary: 'Make a registered model or prompt, or bring an imported one up to date.',
    access: 'registry:admin',
    params: z.object({ model: ModelName }),
    body: z.object({ description: z.string(), createdMs: Ms, updatedMs: Ms, tags: Values }),
    success: { status: 200, body: z.object({ tags: z.int() }) },
    errors: [taken, 'registry.bad_value'],
  },
  putVersion: {
    method: 'PUT',
    path: '/api/v1/imports/models/{model}/versions/{version}',
    summary: 'Make a version under its number, or bring an imported one up to date.',
    access: 'registry:admin',
    params: z.object({ model: ModelName, version: z.coerce.number<number>().int().positive().max(1e9) }),
    body: ImportVersion,
    success: { status: 200, body: z.object({ lifecycle: Lifecycle, tags: z.int(), stageLabel: StageLabel }) },
    errors: [
      taken,
      'registry.bad_value',
      'registry.protected',
      'registry.model_not_found',
      'tracking.run_not_found',
      'tracking.model_not_found',
    ],
  },
  putAlias: {
    method: 'PUT',
    path: '/api/v1/imports/models/{model}/aliases/{alias}',
    summary: 'Point an alias at an imported version.',
    access: 'registry:admin',
    params: z.object({ model: ModelName, alias: z.string().min(1).max(255) }),
    body: z.object({ version: z.int().positive() }),
    success: { status: 200, body: z.object({}) },
    errors: ['registry.bad_value', 'registry.protected', 'registry.model_not_found', 'registry.version_not_found'],
  },
})
