import { z } from 'zod'
import { Digest, Name } from './common.ts'
import { DeclaredParam } from './declared-param.ts'
import { PythonVersion } from './runtimes.ts'
import { ApprovalSpec } from './step-approvals.ts'
import { MatrixSpec } from './matrix.ts'
import { SecretName } from './secret-name.ts'
import { TargetLabels } from './target-labels.ts'
import { StepSource } from './step-source.ts'
import { ParamValue } from './triggers.ts'

/** The name of a step; an instance of a matrix carries its values, as in `train[lr=0.1,seed=2]`. */
export const StepKey = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}(\[[A-Za-z0-9_.,=+: -]{1,100}\])?$/, {
  error: 'use letters, digits, "_", "-" or ".", at most 80; values of a matrix follow in brackets',
})

/**
 * Where an input of a step comes from: an output of an earlier step, the same output of several (a folder with a file
 * for each, `000`, `001`, …, in this order), what a dataset holds for a span of event time, or one version of a dataset.
 */
export const StepInput = z.discriminatedUnion('from', [
  z.object({ from: z.literal('step'), step: StepKey, output: Name }),
  z.object({ from: z.literal('steps'), steps: z.array(StepKey).min(1).max(10_000), output: Name }),
  z.object({
    from: z.literal('dataset'),
    dataset: Name,
    /** Names of run params that hold the span; every accepted version that overlaps [start, end) becomes a file. */
    start: Name,
    end: Name,
  }),
  z.object({
    from: z.literal('dataset-version'),
    dataset: Name,
    /** `latest` is the newest accepted one when the run is planned; a run param holds a number or `latest`. */
    version: z.union([z.int().positive(), z.literal('latest'), z.object({ param: Name })]),
  }),
])
export type StepInput = z.infer<typeof StepInput>

/** The names of the run params that say what these inputs read. */
export const paramsOfInputs = (inputs: Readonly<Record<string, StepInput>>): string[] =>
  Object.values(inputs).flatMap((input) => {
    if (input.from === 'dataset') return [input.start, input.end]
    return input.from === 'dataset-version' && typeof input.version === 'object' ? [input.version.param] : []
  })

/** A file of the user's code, stored under its digest. */
export const CodeFile = z.object({
  /** Relative to the folder the command starts in, with `/`; it stays below it. */
  path: z
    .string()
    .min(1)
    .max(1024)
    .refine((path) => !path.includes('\0') && path.split('/').every((part) => !['', '.', '..'].includes(part)), {
      error: 'must be a relative path without "." and ".."',
    }),
  digest: Digest,
  executable: z.boolean().default(false),
})
export type CodeFile = z.infer<typeof CodeFile>

/**
 * The software of a step, as its lock file says it; null is what the host has. A manifest is the file beside the lock
 * that its tool reads too: `pyproject.toml` of a `uv.lock`, `package.json` of a `package-lock.json`.
 */
export const StepRuntime = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('python'),
    /** `3.12` or `3.12.4`; null: whichever is there. */
    version: PythonVersion.nullable(),
    lock: CodeFile,
    manifest: CodeFile.optional(),
  }),
  z.object({ kind: z.literal('node'), lock: CodeFile, manifest: CodeFile }),
])
export type StepRuntime = z.infer<typeof StepRuntime>

/** Which ends of an attempt are worth another one. */
export const RetryCause = z.enum(['exit', 'timeout', 'stalled', 'signal', 'oom', 'output_missing'])
export type RetryCause = z.infer<typeof RetryCause>

/** What a variable of a step may be called. */
export const EnvironmentName = z.string().regex(/^(?!EVENKEEL_)[A-Za-z_][A-Za-z0-9_]{0,127}$/, {
  error: 'use letters, digits and "_"; names that begin with EVENKEEL_ are ours',
})

/** How many may be at it at the same time, in all pipelines of the project that name the group. */
const Group = z.object({ group: Name, limit: z.int().positive().max(1000).default(1) })

/** What one attempt needs of what there is only so much of. Slots have names and are declared by `putSlots`. */
const Resources = z.object({
  cpu: z.number().positive().max(1024).optional(),
  memoryMiB: z.int().positive().optional(),
  /** Free on the disk of where it runs. */
  diskMiB: z.int().positive().optional(),
  /** What the target has to be labelled with, all of it. */
  labels: TargetLabels.optional(),
  gpu: z.int().min(0).max(64).default(0),
  slots: z.record(Name, z.int().positive().max(1000)).default({}),
})

/** Whose turn it is where places are scarce: the highest first, then the oldest. */
export const RunPriority = z.int().min(-100).max(100)

export const StepSpec = z.object({
  key: StepKey,
  /** A step that ships with Evenkeel. */
  uses: Name.optional(),
  /** Any command: program and arguments. */
  run: z.array(z.string()).min(1).optional(),
  /** In place of both: it asks people, and costs nothing while it waits. */
  approval: ApprovalSpec.optional(),
  needs: z.array(StepKey).default([]),
  /**
   * `success`: when every need succeeded. `failure`: when one failed. `always`: when all have ended, also by a cancel.
   * A condition is decided once, when all have ended; see `expression/`.
   */
  when: z
    .union([z.enum(['success', 'failure', 'always']), z.object({ condition: z.string().min(1).max(2000) })])
    .default('success'),
  /** Its failure does not fail the run. */
  allowFailure: z.boolean().default(false),
  /** Names of the run params this step may see; no others are given to it. */
  params: z.array(Name).default([]),
  /** Params of this step alone: it sees them too, and in place of params of the run of the same name. */
  with: z.record(Name, ParamValue).default({}),
  /** The values that make this step one of a matrix. */
  matrix: z.record(Name, ParamValue).default({}),
  /** The target it runs on; `local` is the machine of the server. */
  runsOn: Name.default('local'),
  /** What it runs in, on targets that run containers: a tag or a digest; that of the target when absent. */
  image: z.string().min(1).max(500).optional(),
  /** It stands for all steps of a matrix that a step before lists; `matrix` holds nothing then. */
  expand: MatrixSpec.optional(),
  /** Variables of its environment, beside those of the step contract. */
  env: z.record(EnvironmentName, z.string().max(32_768)).default({}),
  /** Variables of its environment that hold a secret of the project: variable to name. */
  secrets: z.record(EnvironmentName, SecretName).default({}),
  /**
   * What a command finds where it starts; what is not listed is not there. Null: it starts in the folder of the server,
   * and nobody can tell whether what lies there has changed.
   */
  code: z.array(CodeFile).max(10_000).nullable().default(null),
  /** Where `code` was fetched from; absent: it is that of the project. */
  source: StepSource.optional(),
  /** The software it finds; null: what the host has. */
  runtime: StepRuntime.nullable().default(null),
  inputs: z.record(Name, StepInput).default({}),
  outputs: z.array(Name).default([]),
  /** Those of its outputs that are folders. */
  folderOutputs: z.array(Name).default([]),
  /** Attempts after the first. */
  retries: z.int().min(0).max(10).default(0),
  retryOn: z.array(RetryCause).default([...RetryCause.options]),
  /** Pause before the second attempt; each later one is `factor` times as long, up to `maxSeconds`. */
  retryDelay: z
    .object({
      seconds: z.number().positive().max(86_400).default(1),
      factor: z.number().min(1).max(100).default(2),
      maxSeconds: z.number().positive().max(86_400).default(60),
    })
    .prefault({}),
  timeoutSeconds: z.int().positive().max(604_800).default(3600),
  /** From SIGTERM to SIGKILL. */
  graceSeconds: z.int().positive().max(3600).default(30),
  /** How long a command may leave `EVENKEEL_HEARTBEAT` untouched; absent: it may be silent for as long as it runs. */
  heartbeatSeconds: z.int().positive().max(86_400).optional(),
  resources: Resources.prefault({}),
  /** Its attempts, with those of other steps in the group. */
  concurrency: Group.optional(),
  /** Of a matrix: instances of this step that may run at the same time. */
  maxParallel: z.int().positive().max(2000).optional(),
  /** Of a matrix: the failure of this instance ends the others. */
  failFast: z.boolean().default(false),
  /** Whether an earlier result may take the place of this step, and for how long. What registers or deploys is never reused. */
  cache: z.union([z.boolean(), z.object({ ttlSeconds: z.int().positive() })]).default(true),
})
export type StepSpec = z.infer<typeof StepSpec>

export const PipelineSpec = z.object({
  description: z.string().max(2000).default(''),
  /** The model whose versions this pipeline makes. */
  model: Name.optional(),
  /** Defaults of the run params. */
  params: z.record(Name, ParamValue).default({}),
  /** What the run params must be; those that are not here may be anything. */
  declarations: z.record(Name, DeclaredParam).default({}),
  /** How long a run may take, without the time it waits to begin. */
  timeoutSeconds: z.int().positive().max(31_536_000).optional(),
  priority: RunPriority.default(0),
  /**
   * Its runs, with those of other pipelines in the group. When the group is full, `queue`: they wait; `skip`: they end;
   * `replace`: only the newest waits; `cancel_running`: only the newest waits, and those that run are cancelled.
   */
  concurrency: Group.extend({
    whenBusy: z.enum(['queue', 'skip', 'replace', 'cancel_running']).default('queue'),
  }).optional(),
  steps: z.array(StepSpec).min(1).max(2000),
  /** The commit its code was taken from; not part of what makes a version another one. */
  commit: z.string().max(100).optional(),
})
export type PipelineSpec = z.infer<typeof PipelineSpec>
