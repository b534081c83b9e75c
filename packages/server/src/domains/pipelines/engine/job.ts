import type { FolderManifest, ParamValue, TriggerReason } from '@evenkeel/contract'
import { join } from 'node:path'
import type { JobInput, JobSpec } from '../executors/executor.ts'
import { hostPath } from '../executors/folder/scripts.ts'
import type { RunTarget } from '../target.ts'
import type { RuntimeFace } from '../runtimes/runtime-kind.ts'
import type { StoredOutputs } from './cache/parts.ts'
import { variableName } from './check-spec.ts'
import { isFolder } from './folders.ts'
import {
  nominalVariables,
  paramsOfStep,
  type Params,
  pinnedVersions,
  type PlannedInput,
  type RunPlan,
  type RunPlanStep,
} from './plan.ts'
import { trackingRunId } from './tracking-run.ts'

/** What a run tells each of its steps. */
export interface RunFacts {
  readonly projectId: string
  readonly runId: string
  readonly pipeline: string
  readonly model: string | null
  readonly commit: string
  readonly target: RunTarget
  readonly seed: number | null
  readonly trigger: TriggerReason
  readonly params: Params
  readonly plan: RunPlan
}

/** One attempt, and what it needs beside the run. */
export interface AttemptFacts {
  readonly step: RunPlanStep
  readonly attempt: number
  /** Indexes of the GPUs that are its own for as long as it lives. */
  readonly gpus: readonly number[]
  readonly externalId: string
  readonly command: readonly string[]
  readonly workFolder: string
  /** Where Node keeps compiled code between steps. */
  readonly nodeCache: string
  /** Of the steps its inputs come from. */
  readonly outputs: StoredOutputs
  /** Digest of a dataset file to that of the part of it that a sample takes; without a sample, empty. */
  readonly cut: ReadonlyMap<string, string>
  /** Of its inputs that are folders, by digest. */
  readonly folders: ReadonlyMap<string, FolderManifest>
  /** Values by variable. */
  readonly secrets: Readonly<Record<string, string>>
  readonly checkpointFolder: string
  readonly url: string
  readonly token: string
  /** When its timeout ends; epoch milliseconds. */
  readonly deadline: number
  /** Its software environment; null on the host. */
  readonly software: RuntimeFace | null
}

export interface StoredOutput {
  readonly digest: string
  readonly sizeBytes: number
  /** Of a folder. */
  readonly fileCount?: number
}

/** An input as the step finds it: what to place, and what to say about it. */
interface PreparedInput {
  readonly files: readonly JobInput[]
  readonly facts: object
}

/** Describes an attempt to an executor: its command, its files, its environment and its context file. */
export function jobOf(run: RunFacts, attempt: AttemptFacts): JobSpec {
  const { step } = attempt
  const inputs = Object.entries(step.inputs).map(([name, input]) => [name, prepareInput(name, input, attempt)] as const)
  const params = paramsOfStep(run.params, step)
  return {
    command: attempt.command,
    workFolder: attempt.workFolder,
    inputs: inputs.flatMap(([, { files }]) => files),
    code: step.code,
    secrets: attempt.secrets,
    checkpointFolder: attempt.checkpointFolder,
    resources: step.resources,
    ...(step.image !== null && { image: step.image }),
    timeoutMs: step.timeoutMs,
    graceMs: step.graceMs,
    links: attempt.software?.links ?? [],
    describe: (folder) => ({
      environment: environmentOf(folder, run, attempt, params),
      context: {
        ...contextOf(run, attempt),
        params,
        inputs: Object.fromEntries(
          inputs.map(([name, { facts }]) => [name, { path: join(folder, 'inputs', name), ...facts }]),
        ),
        outputs: Object.fromEntries(step.outputs.map((name) => [name, outputFacts(folder, name, step)])),
      },
    }),
  }
}

const outputFacts = (folder: string, name: string, { folderOutputs }: RunPlanStep) => ({
  path: join(folder, 'outputs', name),
  kind: folderOutputs.includes(name) ? 'folder' : 'file',
})

type Stored = Pick<AttemptFacts, 'outputs' | 'folders' | 'cut'>

function prepareInput(name: string, input: PlannedInput, stored: Stored): PreparedInput {
  if (input.from === 'step') {
    const output = stored.outputs.get(`${input.step}/${input.output}`)!
    return { files: filesOf(name, output, stored), facts: { kind: kindOf(output), ...factsOf(output) } }
  }
  if (input.from === 'steps') return prepareFolder(name, input, stored)
  const files = input.versions.flatMap((version) => version.files)
  return {
    files: files.map(({ digest }, at) => ({ path: `${name}/${at}.parquet`, digest: stored.cut.get(digest) ?? digest })),
    facts: { kind: 'dataset', dataset: input.dataset, versions: input.versions.map(describeVersion) },
  }
}

/** One file, or one folder, for each step, numbered in the order of the steps. */
function prepareFolder(
  name: string,
  { steps, output }: Extract<PlannedInput, { readonly from: 'steps' }>,
  stored: Stored,
): PreparedInput {
  const found = steps.map((step, at) => ({
    step,
    file: String(at).padStart(3, '0'),
    stored: stored.outputs.get(`${step}/${output}`)!,
  }))
  return {
    files: found.flatMap((one) => filesOf(`${name}/${one.file}`, one.stored, stored)),
    facts: {
      kind: found.some((one) => isFolder(one.stored)) ? 'folders' : 'files',
      files: found.map(({ stored: one, ...file }) => ({ ...file, ...factsOf(one) })),
    },
  }
}

/** Where the files of an output go: it is one, or a folder of many. */
function filesOf(path: string, output: StoredOutput, { folders }: Stored): JobInput[] {
  const { digest } = output
  if (!isFolder(output)) return [{ path, digest }]
  return folders.get(digest)!.files.map((file) => ({
    path: `${path}/${file.path}`,
    digest: file.digest,
    executable: file.executable,
  }))
}

const kindOf = (output: StoredOutput) => (isFolder(output) ? 'folder' : 'file')
const factsOf = ({ digest, sizeBytes, fileCount }: StoredOutput) => ({
  digest,
  bytes: sizeBytes,
  ...(fileCount !== undefined && { file_count: fileCount }),
})

const describeVersion = ({ dataset, version, digest, rowCount, eventTimeMin, eventTimeMax }: DatasetFacts) => ({
  dataset,
  version,
  digest,
  row_count: rowCount,
  event_time_min: eventTimeMin,
  event_time_max: eventTimeMax,
})

type DatasetFacts = ReturnType<typeof pinnedVersions>[number]

function contextOf(run: RunFacts, { step, attempt, externalId }: AttemptFacts): object {
  return {
    version: 1,
    project: run.projectId,
    pipeline: run.pipeline,
    model: run.model,
    run: run.runId,
    step: step.key,
    attempt,
    external_id: externalId,
    commit: run.commit,
    environment: run.target.environment,
    sample: run.target.sample,
    seed: seedOf(run, step),
    ...(run.target.reproduces && { reproduces: run.target.reproduces }),
    matrix: step.matrix,
    ...(run.plan.nominal && { nominal: run.plan.nominal }),
    trigger: { kind: run.trigger.kind, says: run.trigger.says, event_time: run.trigger.eventTime },
    datasets: pinnedVersions(run.plan).map(describeVersion),
  }
}

function environmentOf(
  folder: string,
  run: RunFacts,
  { step, attempt, gpus, externalId, url, token, deadline, nodeCache, checkpointFolder, software }: AttemptFacts,
  params: Params,
): Record<string, string> {
  return {
    PATH: [...(software?.path ?? []), hostPath].join(':'),
    HOME: join(folder, 'scratch'),
    TMPDIR: join(folder, 'scratch'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    // Saves a step in TypeScript most of its start.
    NODE_COMPILE_CACHE: nodeCache,
    // Ours need no reserve of memory per thread, and share the machine with a server.
    ...(step.uses !== null && { MALLOC_ARENA_MAX: '2' }),
    PYTHONUNBUFFERED: '1',
    PYTHONHASHSEED: '0',
    // Empty, not absent: without a lease it would find them all.
    CUDA_VISIBLE_DEVICES: '',
    // What MLflow's client logs lands on a run of this step, unless the step says otherwise.
    MLFLOW_TRACKING_URI: url,
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_EXPERIMENT_NAME: run.pipeline,
    MLFLOW_RUN_ID: trackingRunId(run.runId, step.key),
    ...software?.variables,
    ...step.env,
    ...(gpus.length > 0 && { CUDA_VISIBLE_DEVICES: gpus.join(',') }),
    ...named('PARAM', Object.entries(params), textOf),
    ...named('MATRIX', Object.entries(step.matrix), textOf),
    ...named('INPUT', Object.entries(step.inputs), (_, name) => join(folder, 'inputs', name)),
    ...named(
      'OUTPUT',
      step.outputs.map((name) => [name, name] as const),
      (name) => join(folder, 'outputs', name),
    ),
    EVENKEEL_CONTEXT: join(folder, 'control/context.json'),
    EVENKEEL_OUTPUT: join(folder, 'control/output'),
    EVENKEEL_METRICS: join(folder, 'control/metrics.jsonl'),
    EVENKEEL_SUMMARY: join(folder, 'control/summary.md'),
    EVENKEEL_HEARTBEAT: join(folder, 'control/heartbeat'),
    EVENKEEL_CHECKPOINT_DIR: checkpointFolder,
    EVENKEEL_RUN_ID: run.runId,
    EVENKEEL_STEP: step.key,
    EVENKEEL_ATTEMPT: String(attempt),
    EVENKEEL_EXTERNAL_ID: externalId,
    EVENKEEL_PIPELINE: run.pipeline,
    EVENKEEL_PROJECT: run.projectId,
    EVENKEEL_COMMIT: run.commit,
    EVENKEEL_ENVIRONMENT: run.target.environment,
    ...(seedOf(run, step) !== null && { EVENKEEL_SEED: String(seedOf(run, step)) }),
    ...(run.target.reproduces && { EVENKEEL_REPRODUCES: run.target.reproduces.run }),
    ...(run.target.sample !== null && { EVENKEEL_SAMPLE: String(run.target.sample) }),
    EVENKEEL_DEADLINE: new Date(deadline).toISOString(),
    ...nominalVariables(run.plan.nominal),
    EVENKEEL_URL: url,
    EVENKEEL_TOKEN: token,
  }
}

const seedOf = ({ seed: ofRun }: RunFacts, { seed = ofRun }: RunPlanStep): number | null => seed

function named<T>(
  kind: string,
  entries: readonly (readonly [string, T])[],
  text: (value: T, name: string) => string,
): Record<string, string> {
  return Object.fromEntries(
    entries.map(([name, value]) => [`EVENKEEL_${kind}_${variableName(name)}`, text(value, name)]),
  )
}

/** A scalar as text, a list as JSON. */
const textOf = (value: ParamValue): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))
