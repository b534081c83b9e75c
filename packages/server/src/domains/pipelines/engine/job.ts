import type { ParamValue, TriggerReason } from '@evenkeel/contract'
import { dirname, join } from 'node:path'
import type { JobInput, JobSpec } from '../executors/executor.ts'
import type { RuntimeFace } from '../runtimes/runtime-kind.ts'
import type { StoredOutputs } from './cache/parts.ts'
import { variableName } from './check-spec.ts'
import { pickParams, type Params, pinnedVersions, type PlannedInput, type RunPlan, type RunPlanStep } from './plan.ts'

/** What a run tells each of its steps. */
export interface RunFacts {
  readonly projectId: string
  readonly runId: string
  readonly pipeline: string
  readonly model: string | null
  readonly commit: string
  readonly trigger: TriggerReason
  readonly params: Params
  readonly plan: RunPlan
}

/** One attempt, and what it needs beside the run. */
export interface AttemptFacts {
  readonly step: RunPlanStep
  readonly attempt: number
  readonly externalId: string
  readonly command: readonly string[]
  readonly workFolder: string
  /** Where Node keeps compiled code between steps. */
  readonly nodeCache: string
  /** Of the steps its inputs come from. */
  readonly outputs: StoredOutputs
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
}

/** An input as the step finds it: what to place, and what to say about it. */
interface PreparedInput {
  readonly files: readonly JobInput[]
  readonly facts: object
}

/** Describes an attempt to an executor: its command, its files, its environment and its context file. */
export function jobOf(run: RunFacts, attempt: AttemptFacts): JobSpec {
  const { step } = attempt
  const inputs = Object.entries(step.inputs).map(
    ([name, input]) => [name, prepareInput(name, input, attempt.outputs)] as const,
  )
  const params = pickParams(run.params, step.params)
  return {
    command: attempt.command,
    workFolder: attempt.workFolder,
    inputs: inputs.flatMap(([, { files }]) => files),
    code: step.code,
    links: attempt.software?.links ?? [],
    describe: (folder) => ({
      environment: environmentOf(folder, run, attempt, params),
      context: {
        ...contextOf(run, attempt),
        params,
        inputs: Object.fromEntries(
          inputs.map(([name, { facts }]) => [name, { path: join(folder, 'inputs', name), ...facts }]),
        ),
        outputs: Object.fromEntries(step.outputs.map((name) => [name, { path: join(folder, 'outputs', name) }])),
      },
    }),
  }
}

function prepareInput(name: string, input: PlannedInput, outputs: AttemptFacts['outputs']): PreparedInput {
  if (input.from === 'step') {
    const { digest, sizeBytes } = outputs.get(`${input.step}/${input.output}`)!
    return { files: [{ path: name, digest }], facts: { kind: 'file', digest, bytes: sizeBytes } }
  }
  if (input.from === 'steps') return prepareFolder(name, input, outputs)
  const files = input.versions.flatMap((version) => version.files)
  return {
    files: files.map(({ digest }, at) => ({ path: `${name}/${at}.parquet`, digest })),
    facts: { kind: 'dataset', dataset: input.dataset, versions: input.versions.map(describeVersion) },
  }
}

/** One file for each step, numbered in the order of the steps. */
function prepareFolder(
  name: string,
  { steps, output }: Extract<PlannedInput, { readonly from: 'steps' }>,
  outputs: StoredOutputs,
): PreparedInput {
  const files = steps.map((step, at) => ({
    step,
    file: String(at).padStart(3, '0'),
    ...outputs.get(`${step}/${output}`)!,
  }))
  return {
    files: files.map(({ file, digest }) => ({ path: `${name}/${file}`, digest })),
    facts: { kind: 'files', files: files.map(({ sizeBytes, ...file }) => ({ ...file, bytes: sizeBytes })) },
  }
}

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
    matrix: step.matrix,
    trigger: { kind: run.trigger.kind, says: run.trigger.says, event_time: run.trigger.eventTime },
    datasets: pinnedVersions(run.plan).map(describeVersion),
  }
}

function environmentOf(
  folder: string,
  run: RunFacts,
  { step, attempt, externalId, url, token, deadline, nodeCache, software }: AttemptFacts,
  params: Params,
): Record<string, string> {
  return {
    // Where this Node lies, so that a step finds the same one.
    PATH: [...(software?.path ?? []), dirname(process.execPath), '/usr/local/bin:/usr/bin:/bin'].join(':'),
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
    ...software?.variables,
    ...step.env,
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
    EVENKEEL_RUN_ID: run.runId,
    EVENKEEL_STEP: step.key,
    EVENKEEL_ATTEMPT: String(attempt),
    EVENKEEL_EXTERNAL_ID: externalId,
    EVENKEEL_PIPELINE: run.pipeline,
    EVENKEEL_PROJECT: run.projectId,
    EVENKEEL_COMMIT: run.commit,
    EVENKEEL_DEADLINE: new Date(deadline).toISOString(),
    EVENKEEL_URL: url,
    EVENKEEL_TOKEN: token,
  }
}

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
