import { z } from 'zod'
import { Name, ModelName } from './common.ts'
import { Duration, ParamDeclaration } from './declared-param.ts'
import { RetryCause, RunPriority } from './pipeline-spec.ts'
import { PythonVersion } from './runtimes.ts'
import { SecretName } from './secret-name.ts'
import { TargetLabels } from './target-labels.ts'

/**
 * What a person writes: `pipelines/<name>.yaml`. Keys are snake_case, and an unknown one is an error. The client
 * compiles it to a `PipelineSpec`; what it holds as `${{ … }}` is read there.
 */

/** Expressions name a step between dots, so its name has none. */
const StepName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/, {
  error: 'a step is called by letters, digits, "_" and "-", at most 80, and begins with a letter or digit',
})

const Scalar = z.union([z.string(), z.number(), z.boolean()])
const described = { description: z.string().max(2000).optional() }

/** What a dataset holds in [start, end): names of two params, or references to them. */
const DatasetSpan = z.strictObject({ dataset: Name, start: z.string(), end: z.string() })
export type DatasetSpan = z.infer<typeof DatasetSpan>

/** `${{ steps.x.outputs.y }}`, `${{ steps.x.*.outputs.y }}`, `dataset:name@7`, `dataset:name@start..end`, or the latter in full. */
const FileInput = z.union([z.string(), DatasetSpan])
export type FileInput = z.infer<typeof FileInput>

const OutputKind = z.enum(['file', 'dataset', 'model', 'dir'])
const Outputs = z.union([z.array(Name), z.record(Name, OutputKind)])

const Shell = z.enum(['sh', 'bash', 'python'])
export type Shell = z.infer<typeof Shell>

/** Text is a script; a list is a program and its arguments, without a shell. */
const Run = z.union([z.string().min(1), z.array(Scalar).min(1)])

/** A script for sh, or a program and its arguments; it passes when it ends with 0. */
const Test = z.union([z.string().min(1), z.array(Scalar).min(1)])

const Retries = z.union([
  z.int().min(0).max(10),
  z.strictObject({
    max: z.int().min(0).max(10),
    delay: Duration.optional(),
    backoff: z.number().min(1).max(100).optional(),
    max_delay: Duration.optional(),
    on: z.array(RetryCause).min(1).optional(),
  }),
])

const Combination = z.record(Name, Scalar)
const Matrix = z
  .object({
    include: z.union([z.string(), z.array(Combination)]).optional(),
    exclude: z.array(Combination).optional(),
    /** Instances that may run at the same time. */
    max_parallel: z.int().positive().max(2000).optional(),
    /** One that fails ends the others; not when absent. */
    fail_fast: z.boolean().optional(),
  })
  /** Lists, or `${{ steps.s.outputs.x }}`: a JSON list that the step writes. */
  .catchall(z.union([z.string(), z.array(Scalar).min(1)]))
export type Matrix = z.infer<typeof Matrix>

/** Limits of a group are of the project: all pipelines that name it share it. */
const group = { group: Name, limit: z.int().positive().max(1000).optional() }

/** `512Mi` or `16Gi`. */
const Size = z.string().regex(/^[1-9]\d{0,6}(Mi|Gi|Ti)$/, { error: 'write a size as in 512Mi or 16Gi' })

const Resources = z.strictObject({
  cpu: z.number().positive().max(1024).optional(),
  memory: Size.optional(),
  /** Free on the disk of where it runs. */
  disk: Size.optional(),
  gpu: z.int().min(0).max(64).optional(),
  slots: z.record(Name, z.int().positive().max(1000)).optional(),
  /** What the target has to be labelled with. */
  labels: TargetLabels.optional(),
})
/** The software of a command, by a lock file below the project folder; `none`: what the host has. */
const Runtime = z.union([
  z.literal('none'),
  z.strictObject({
    /** True: whichever there is. Unquoted, 3.10 would be the number 3.1. */
    python: z.union([PythonVersion, z.literal(true)]),
    lock: z.string().min(1),
  }),
  z.strictObject({ node: z.literal(true), lock: z.string().min(1) }),
])
export type FileRuntime = z.infer<typeof Runtime>

/** What a step may leave to `defaults`. */
const shared = {
  /** A target of the server; see `evenkeel targets`. */
  runs_on: Name.optional(),
  resources: Resources.optional(),
  /** For targets that run containers. */
  image: z.string().min(1).max(500).optional(),
  shell: Shell.optional(),
  retries: Retries.optional(),
  timeout: Duration.optional(),
  /** From SIGTERM to SIGKILL. */
  grace: Duration.optional(),
  env: z.record(z.string(), Scalar).optional(),
  cache: z.union([z.boolean(), z.strictObject({ ttl: Duration })]).optional(),
  /** Globs below the project folder; `!` leaves out. Absent: everything that is not ignored. */
  code: z.array(z.string().min(1)).optional(),
  runtime: Runtime.optional(),
}

export const FileStep = z.strictObject({
  description: z.string().max(2000).optional(),
  run: Run.optional(),
  /** `evenkeel/<step>@1`, `./folder` with a `step.yaml`, or `git+https://host/repo//path@<commit>`. */
  uses: z.string().optional(),
  /** The secret that opens a repository which is used: `user:token`, or a token. */
  credentials_secret: SecretName.optional(),
  /** Inputs and params of a step that is used. */
  with: z.record(Name, z.union([Scalar, z.array(z.string()), DatasetSpan])).optional(),
  params: z.array(Name).optional(),
  inputs: z.record(Name, FileInput).optional(),
  outputs: Outputs.optional(),
  needs: z.union([StepName, z.array(StepName)]).optional(),
  matrix: Matrix.optional(),
  /** A condition, with or without `${{ }}` around it. */
  when: z.string().min(1).max(2100).optional(),
  allow_failure: z.boolean().optional(),
  /** How long the command may leave $EVENKEEL_HEARTBEAT untouched. */
  heartbeat: Duration.optional(),
  concurrency: z.strictObject(group).optional(),
  /** Variables that hold a secret of the project: `DB: ${{ secrets.DB_PROD }}`. */
  secrets: z.record(z.string(), z.string()).optional(),
  ...shared,
})
export type FileStep = z.infer<typeof FileStep>

/** Whole months of event time to train on, and what is held out: whole months after them, or the last days of them. */
const Window = z.union([
  z.strictObject({ train_months: z.int().positive(), holdout_months: z.int().positive() }),
  z.strictObject({ train_months: z.int().positive(), holdout_days: z.int().positive() }),
])

/** What every trigger may say. */
const trigger = {
  name: Name.optional(),
  window: Window.optional(),
  params: z.record(Name, z.union([Scalar, z.array(z.string())])).optional(),
  /** No run so soon after the last one it started. */
  cooldown: Duration.optional(),
  /** No run so soon, in event time, after the last promotion. */
  cooldown_after_promotion: Duration.optional(),
  when_busy: z.enum(['skip', 'queue', 'replace']).optional(),
  /** Its runs take the version in force there; what was applied last when absent. */
  environment: z.enum(['dev', 'staging', 'production']).optional(),
  enabled: z.boolean().optional(),
}
/** What the window is cut from, where the trigger itself names no dataset. */
const dataset = { dataset: Name.optional() }

const Schedule = z.union([
  z.strictObject({ every: z.literal('month'), dataset: Name, ...trigger }),
  z.strictObject({
    cron: z.string().min(1).max(200),
    timezone: z.string().min(1).max(64).optional(),
    catch_up: z.union([z.enum(['none', 'latest']), z.strictObject({ all: z.int().min(1).max(10) })]).optional(),
    /** The param that gets the moment a run stands for. */
    time_param: Name.optional(),
    ...dataset,
    ...trigger,
  }),
])
const Data = z.strictObject({
  dataset: Name,
  change: z.literal('new_version').optional(),
  min_new_rows: z.int().nonnegative().optional(),
  debounce: z.strictObject({ quiet: Duration, max_wait: Duration }).optional(),
  ...trigger,
})
/** When the monitor of an endpoint says so. */
const Monitored = z.strictObject({ endpoint: Name, ...dataset, ...trigger })
const Model = z.strictObject({
  model: ModelName,
  event: z.enum(['registered', 'passed', 'refused', 'promoted', 'rolled_back']),
  ...dataset,
  ...trigger,
})
const Upstream = z.strictObject({
  pipeline: Name,
  state: z.enum(['succeeded', 'failed', 'cancelled']),
  ...dataset,
  ...trigger,
})
/** What signs a webhook is taken from a variable of whoever applies the file. */
const Webhook = z.strictObject({ secret_env: z.string().min(1).optional(), ...dataset, ...trigger })
/** New or changed files; durations are the debounce of "data". */
const Folder = z.strictObject({
  path: z.string().min(1).max(1000),
  pattern: z.string().min(1).max(200).optional(),
  quiet: Duration.optional(),
  max_wait: Duration.optional(),
  /** A list; it gets the paths. */
  param: Name.optional(),
  ...dataset,
  ...trigger,
})
/** New or changed objects of a bucket. */
const Bucket = z.strictObject({
  /** `s3://bucket/prefix?endpoint=…&region=…` */
  url: z.string().min(1).max(1000),
  credentials_secret: SecretName.optional(),
  pattern: z.string().min(1).max(200).optional(),
  every: Duration.optional(),
  quiet: Duration.optional(),
  max_wait: Duration.optional(),
  /** A list; it gets the addresses. */
  param: Name.optional(),
  ...dataset,
  ...trigger,
})
/** A query whose answer changes. */
const Sql = z.strictObject({
  connection_secret: SecretName,
  query: z.string().min(1).max(10_000),
  every: Duration.optional(),
  /** A string; it gets the value. */
  param: Name.optional(),
  ...dataset,
  ...trigger,
})

const Triggers = z.strictObject({
  /** Always possible: console, CLI and API. */
  request: z.strictObject({}).optional(),
  schedule: z.array(Schedule).optional(),
  data: z.array(Data).optional(),
  decay: z.array(Monitored).optional(),
  drift: z.array(Monitored).optional(),
  model: z.array(Model).optional(),
  pipeline: z.array(Upstream).optional(),
  webhook: z.array(Webhook).optional(),
  folder: z.array(Folder).optional(),
  bucket: z.array(Bucket).optional(),
  sql: z.array(Sql).optional(),
})
export type FileTriggers = z.infer<typeof Triggers>

export const PipelineFile = z.strictObject({
  name: Name,
  description: z.string().max(2000).optional(),
  /** The model whose versions this pipeline makes. */
  model: Name.optional(),
  on: Triggers.optional(),
  params: z.record(Name, ParamDeclaration).optional(),
  /** Of a run as a whole. */
  timeout: Duration.optional(),
  priority: RunPriority.optional(),
  concurrency: z
    .strictObject({ ...group, when_busy: z.enum(['queue', 'skip', 'replace', 'cancel_running']).optional() })
    .optional(),
  defaults: z.strictObject(shared).optional(),
  steps: z.record(StepName, FileStep),
  /** Commands that `evenkeel ci` runs in the project folder. */
  tests: z.array(Test).min(1).optional(),
})
export type PipelineFile = z.infer<typeof PipelineFile>

const Declared = z.union([z.array(Name), z.record(Name, z.strictObject(described))])

/** `step.yaml`: a step that pipelines use by its folder. Its code is what lies there, and its command starts there. */
export const StepFile = z.strictObject({
  name: Name.optional(),
  ...described,
  inputs: Declared.optional(),
  outputs: Outputs.optional(),
  params: z.record(Name, ParamDeclaration).optional(),
  run: Run,
  shell: Shell.optional(),
  /** Its software, by a lock file below its folder; a pipeline may say otherwise. */
  runtime: Runtime.optional(),
  /** Globs below its folder. */
  code: z.array(z.string().min(1)).optional(),
  /** What `evenkeel ci` runs in its folder. */
  test: Test.optional(),
})
export type StepFile = z.infer<typeof StepFile>
