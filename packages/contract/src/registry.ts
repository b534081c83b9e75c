import { z } from 'zod'
import {
  CategoryCounts,
  Digest,
  EventTime,
  Histogram,
  ModelName,
  Name,
  NamedQuery,
  PageQuery,
  Timestamp,
  pageOf,
} from './common.ts'
import { defineEndpoints } from './endpoint.ts'
import { TriggerReason } from './triggers.ts'

/** `latest` and `v7` are how clients ask for a version without an alias. */
export const AliasName = z.string().regex(/^(?!latest$)(?!v\d+$)[\p{L}\p{N}_-]{1,255}$/iu, {
  error: 'use letters, digits, "_" or "-", at most 255; "latest" and "v7" are taken',
})

/** `candidate`: registered, its gate not yet passed. `refused`: the gate said no. `passed`: may be deployed where a policy allows. */
export const Stage = z.enum(['candidate', 'refused', 'passed', 'archived'])
export type Stage = z.infer<typeof Stage>

/** A label of MLflow's fixed stages. It says what somebody called a version, not what is deployed. */
export const StageLabel = z.enum(['None', 'Staging', 'Production', 'Archived'])
export type StageLabel = z.infer<typeof StageLabel>

/** One input or output tensor of a model. */
export const Field = z.object({
  name: z.string(),
  datatype: z.enum([
    'BOOL',
    'INT8',
    'INT16',
    'INT32',
    'INT64',
    'UINT8',
    'UINT16',
    'UINT32',
    'UINT64',
    'FP32',
    'FP64',
    'BYTES',
  ]),
  /** −1 is a free dimension; the first is the batch. */
  shape: z.array(z.int()),
})
export type Field = z.infer<typeof Field>
export const Signature = z.object({ inputs: z.array(Field), outputs: z.array(Field) })
export type Signature = z.infer<typeof Signature>

/** Distribution of one input or of the score in the training data; drift is measured against it. */
export const Baseline = z.object({
  feature: z.string(),
  kind: z.enum(['numerical', 'categorical']),
  rowCount: z.int(),
  nullCount: z.int(),
  mean: z.number().nullable(),
  std: z.number().nullable(),
  histogram: Histogram.nullable(),
  categories: CategoryCounts.nullable(),
  /** Share of the total gain in [0, 1]; null for the score. */
  importance: z.number().nullable(),
})
export type Baseline = z.infer<typeof Baseline>

/** Candidate against champion on the same rows. */
export const Evaluation = z.object({
  dataset: Name,
  holdoutFrom: EventTime,
  holdoutUntil: EventTime,
  rowCount: z.int(),
  positiveShare: z.number(),
  candidate: z.record(z.string(), z.number()),
  champion: z.object({ version: z.int(), metrics: z.record(z.string(), z.number()) }).nullable(),
  /** Paired difference candidate − champion in AUC (DeLong). */
  difference: z
    .object({ metric: z.string(), value: z.number(), standardError: z.number(), low: z.number(), high: z.number() })
    .nullable(),
})
export type Evaluation = z.infer<typeof Evaluation>

export const GateCheck = z.object({ name: z.string(), passed: z.boolean(), says: z.string() })
export const GateVerdict = z.object({
  passed: z.boolean(),
  /** One sentence with the numbers. */
  says: z.string(),
  checks: z.array(GateCheck),
  decidedAt: Timestamp,
  override: z.object({ by: z.string(), reason: z.string(), at: Timestamp }).nullable(),
})
export type GateVerdict = z.infer<typeof GateVerdict>

export const CanaryVerdict = z.object({
  rolloutId: z.string(),
  verdict: z.enum(['promoted', 'rolled_back', 'aborted', 'failed']),
  says: z.string(),
  decidedAt: Timestamp,
  eventTime: EventTime.nullable(),
})
export type CanaryVerdict = z.infer<typeof CanaryVerdict>

/** An ONNX file. */
export const Artifact = z.object({ digest: Digest, sizeBytes: z.int(), format: z.literal('onnx') })
export type Artifact = z.infer<typeof Artifact>

export const ModelVersion = z
  .object({
    model: ModelName,
    version: z.int().positive(),
    stage: Stage,
    aliases: z.array(AliasName),
    /** Null while all there is are other files, logged with MLflow or registered as a folder: it cannot be served here. */
    artifact: Artifact.nullable(),
    /** Sample inputs with the outputs the trainer gave: a node must reproduce them before it serves. */
    golden: Digest.nullable(),
    /** Null without an artifact. */
    signature: Signature.nullable(),
    metrics: z.record(z.string(), z.number()),
    params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    evaluation: Evaluation.nullable(),
    gate: GateVerdict.nullable(),
    canary: CanaryVerdict.nullable(),
    baselines: z.array(Baseline),
    lineage: z.object({
      runId: z.string().nullable(),
      pipeline: Name.nullable(),
      trigger: TriggerReason.nullable(),
      datasets: z.array(z.object({ dataset: Name, version: z.int(), digest: Digest })),
      featureViews: z.array(z.object({ view: Name, version: z.int() })),
      trainedFrom: EventTime.nullable(),
      trainedUntil: EventTime.nullable(),
      trainingRowCount: z.int().nullable(),
      commit: z.string(),
      environment: z.record(z.string(), z.string()),
    }),
    /** Markdown with Hugging Face front matter. */
    card: z.string(),
    /** Files that are no ONNX: what a client of MLflow logged, or a folder (`isFolder`); null when there are none. */
    origin: z
      .object({
        source: z.string(),
        /** Where the files lie that the source stands for. */
        uri: z.string(),
        runId: z.string().nullable(),
        modelId: z.string().nullable(),
      })
      .nullable(),
    stageLabel: StageLabel,
    tags: z.record(z.string(), z.string()),
    createdAt: Timestamp,
    createdBy: z.string(),
  })
  .meta({ id: 'ModelVersion' })
export type ModelVersion = z.infer<typeof ModelVersion>

/** Source of a version that is a folder of files, registered as it is. @param digest - of what lies in it */
export const folderSource = (digest: string): string => `files:${digest}`

/** Whether a version is a folder of files, rather than ONNX or what a client of MLflow logged. */
export const isFolder = ({ origin }: Pick<ModelVersion, 'origin'>): boolean =>
  origin?.source.startsWith(folderSource('sha256:')) ?? false

export const NewModelVersion = ModelVersion.pick({
  golden: true,
  metrics: true,
  params: true,
  evaluation: true,
  baselines: true,
  lineage: true,
  card: true,
}).extend({ artifact: Artifact })
export type NewModelVersion = z.infer<typeof NewModelVersion>

/** Who stands for a model: somebody who signs in, or a team by whatever name it goes. */
export const ModelOwner = z.object({
  kind: z.enum(['user', 'team']),
  name: z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} _.@+-]{0,127}$/u, {
    error: 'use letters, digits, blanks, "_", "-", ".", "+" or "@", at most 128 characters',
  }),
})
export type ModelOwner = z.infer<typeof ModelOwner>

/** Where a model is served; `version` is null until a first one is. */
export const ModelEndpoint = z.object({ name: Name, environment: Name, version: z.int().nullable() })
export type ModelEndpoint = z.infer<typeof ModelEndpoint>

export const Model = z
  .object({
    name: ModelName,
    description: z.string(),
    /** Whoever registered it first. */
    owner: z.string(),
    owners: z.array(ModelOwner),
    versionCount: z.int(),
    latestVersion: z.int().nullable(),
    latestStage: Stage.nullable(),
    champion: z.int().nullable(),
    challenger: z.int().nullable(),
    /** Those that serve it, or will, by name. */
    endpoints: z.array(ModelEndpoint),
    createdAt: Timestamp,
    /** When it got its last version, alias, stage label or description. */
    changedAt: Timestamp,
  })
  .meta({ id: 'Model' })
export type Model = z.infer<typeof Model>

/** One step in the history of an alias; `version` is null when it was taken away. */
export const AliasMove = z
  .object({
    alias: AliasName,
    version: z.int().nullable(),
    previousVersion: z.int().nullable(),
    movedBy: z.string(),
    reason: z.string(),
    movedAt: Timestamp,
  })
  .meta({ id: 'AliasMove' })
export type AliasMove = z.infer<typeof AliasMove>

/** One step in the history of a version's stage label. */
export const StageMove = z
  .object({
    version: z.int(),
    label: StageLabel,
    previousLabel: StageLabel,
    movedBy: z.string(),
    movedAt: Timestamp,
  })
  .meta({ id: 'StageMove' })
export type StageMove = z.infer<typeof StageMove>

/** File formats of models that can be served, by themselves or converted. */
export const ModelFormat = z.enum(['onnx', 'lightgbm', 'xgboost'])
export type ModelFormat = z.infer<typeof ModelFormat>

/** A model as ONNX, with what its own file tells. */
export const ConvertedModel = z
  .object({
    format: ModelFormat,
    artifact: Artifact,
    /** Rows with what the trees answer to them by themselves; null for a file that was ONNX already. */
    golden: Digest.nullable(),
    signature: Signature,
    treeCount: z.int().nullable(),
    /** Share of the total gain, in [0, 1]; empty when the file does not say. */
    importance: z.array(z.object({ feature: z.string(), share: z.number() })),
  })
  .meta({ id: 'ConvertedModel' })
export type ConvertedModel = z.infer<typeof ConvertedModel>

interface Rule {
  readonly stages: readonly Stage[]
  readonly otherwise: string
}

/** What may be done with a version, by stage. The server enforces it; the console says why a button is off. */
const versionRules = {
  deploy: {
    stages: ['passed'],
    otherwise: 'Only a version that passed its gate can be deployed; retrain, or override the gate with a reason.',
  },
  carryAlias: {
    stages: ['candidate', 'passed'],
    otherwise: 'A version that its gate refused cannot carry an alias; override the gate with a reason.',
  },
  overrideGate: { stages: ['refused'], otherwise: 'Only a version that its gate refused needs an override.' },
} as const satisfies Record<string, Rule>

/** The reason why an action is not open to a version in this stage, or `undefined` when it is. */
export function whyNot(action: keyof typeof versionRules, stage: Stage): string | undefined {
  const rule: Rule = versionRules[action]
  return rule.stages.includes(stage) ? undefined : rule.otherwise
}

/** What names a model in a path. */
export const oneModel = z.object({ model: ModelName })
/** What names a version in a path. */
export const oneVersion = z.object({ model: ModelName, version: z.coerce.number<number>().int().positive() })

export const registry = defineEndpoints({
  listModels: {
    method: 'GET',
    path: '/api/v1/models',
    summary: 'List models by name.',
    access: 'registry:read',
    query: NamedQuery.extend({
      /** Only those of this user or team: `ana`, `user:ana`, `team:risk`. */
      owner: z.string().min(1).max(150).optional(),
    }),
    success: { status: 200, body: pageOf(Model) },
    errors: [],
  },
  getModel: {
    method: 'GET',
    path: '/api/v1/models/{model}',
    summary: 'Read a model.',
    access: 'registry:read',
    params: oneModel,
    success: { status: 200, body: Model },
    errors: ['registry.model_not_found'],
  },
  listVersions: {
    method: 'GET',
    path: '/api/v1/models/{model}/versions',
    summary: 'List the versions of a model, newest first.',
    access: 'registry:read',
    params: oneModel,
    query: PageQuery,
    success: { status: 200, body: pageOf(ModelVersion) },
    errors: ['registry.model_not_found'],
  },
  listAliasMoves: {
    method: 'GET',
    path: '/api/v1/models/{model}/alias-moves',
    summary: 'List which version carried which alias since when, newest first.',
    access: 'registry:read',
    params: oneModel,
    query: PageQuery,
    success: { status: 200, body: pageOf(AliasMove) },
    errors: ['registry.model_not_found'],
  },
  listStageMoves: {
    method: 'GET',
    path: '/api/v1/models/{model}/stage-moves',
    summary: 'List which version got which stage label when and from whom, newest first.',
    access: 'registry:read',
    params: oneModel,
    query: PageQuery,
    success: { status: 200, body: pageOf(StageMove) },
    errors: ['registry.model_not_found'],
  },
  getVersion: {
    method: 'GET',
    path: '/api/v1/models/{model}/versions/{version}',
    summary: 'Read a version.',
    access: 'registry:read',
    params: oneVersion,
    success: { status: 200, body: ModelVersion },
    errors: ['registry.version_not_found'],
  },
  register: {
    method: 'POST',
    path: '/api/v1/models/{model}/versions',
    summary: 'Register a version; its signature is read from the file, and its gate decides at once.',
    access: 'registry:write',
    params: oneModel,
    body: NewModelVersion,
    success: { status: 201, body: ModelVersion },
    errors: ['registry.bad_artifact'],
  },
  convert: {
    method: 'POST',
    path: '/api/v1/model-conversions',
    summary: 'Turn an uploaded model into ONNX, without running any code of it.',
    access: 'registry:write',
    body: z.object({ digest: Digest, format: ModelFormat.optional() }),
    success: { status: 200, body: ConvertedModel },
    errors: ['registry.unreadable_model', 'registry.bad_artifact', 'platform.blob_not_found'],
  },
  overrideGate: {
    method: 'POST',
    path: '/api/v1/models/{model}/versions/{version}/override-gate',
    summary: 'Let a refused version pass, with a reason that is audited.',
    access: 'governance:write',
    params: oneVersion,
    body: z.object({ reason: z.string().min(10).max(1000) }),
    success: { status: 200, body: ModelVersion },
    errors: ['registry.version_not_found', 'registry.wrong_stage'],
  },
  setAlias: {
    method: 'PUT',
    path: '/api/v1/models/{model}/aliases/{alias}',
    summary: 'Point an alias at a version that its gate did not refuse.',
    access: 'registry:write',
    params: z.object({ model: ModelName, alias: AliasName }),
    body: z.object({ version: z.int().positive() }),
    success: { status: 200, body: ModelVersion },
    errors: ['registry.version_not_found', 'registry.wrong_stage', 'registry.protected'],
  },
})
