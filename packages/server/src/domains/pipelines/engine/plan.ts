import {
  type CodeFile,
  type DatasetVersion,
  type ParamValue,
  type PipelineSpec,
  RetryCause,
  type StepSpec,
} from '@evenkeel/contract'
import { listSources } from './expansion.ts'
import { onceFor } from './once-for.ts'
import { claimsOf } from './places.ts'
import type { Plan, PlannedStep } from './states.ts'

/** What is stored with a run and never changes. */
export interface RunPlan extends Plan {
  readonly steps: readonly RunPlanStep[]
  /** Steps that must run although an earlier result would do; true for all. */
  readonly noCache: boolean | readonly string[]
  /** The span a run of a backfill stands for; null for all others. */
  readonly nominal: Nominal | null
}

/** [start, end), ISO 8601 in UTC. */
export interface Nominal {
  readonly start: string
  readonly end: string
}

export interface RunPlanStep extends PlannedStep {
  readonly uses: string | null
  readonly run: readonly string[] | null
  readonly params: readonly string[]
  /** Values of its own. */
  readonly with: Params
  readonly inputs: Readonly<Record<string, PlannedInput>>
  readonly outputs: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Variable to the name of a secret; never a value. */
  readonly secrets: Readonly<Record<string, string>>
  /** Those of the outputs that are folders. */
  readonly folderOutputs: readonly string[]
  readonly code: readonly CodeFile[] | null
  /** Where the code was fetched from, when that is not the project. */
  readonly source?: StepSpec['source']
  /** The target it runs on. */
  readonly runsOn: string
  readonly resources: StepSpec['resources']
  readonly image: string | null
  readonly cache: StepSpec['cache']
  readonly runtime: StepSpec['runtime']
  /** In place of that of the run: what a result that was taken over was made with. */
  readonly seed?: number | null
}

export type PlannedInput =
  | { readonly from: 'step'; readonly step: string; readonly output: string }
  | { readonly from: 'steps'; readonly steps: readonly string[]; readonly output: string }
  | { readonly from: 'dataset'; readonly dataset: string; readonly versions: readonly PinnedVersion[] }

/** A dataset version as it was when the run was created: later ones do not reach the run. */
export type PinnedVersion = Pick<
  DatasetVersion,
  'dataset' | 'version' | 'digest' | 'rowCount' | 'eventTimeMin' | 'eventTimeMax'
> & { readonly files: readonly { readonly digest: string; readonly sizeBytes: number }[] }

export type Params = Readonly<Record<string, ParamValue>>

export type DatasetInput = Extract<StepSpec['inputs'][string], { readonly from: 'dataset' | 'dataset-version' }>

/** The version that an input names, or those that overlap its span, ascending, never empty. */
export type Pin = (input: DatasetInput) => Promise<readonly PinnedVersion[]>

/** What plans of earlier releases do not say. */
const stepDefaults = {
  when: 'success',
  allowFailure: false,
  retryOn: RetryCause.options,
  retryDelay: { firstMs: 1000, factor: 2, maxMs: 60_000 },
  matrix: {},
  with: {},
  heartbeatMs: null,
  claims: [],
  maxParallel: null,
  failFast: false,
  env: {},
  secrets: {},
  folderOutputs: [],
  code: null,
  cache: false,
  runsOn: 'local',
  resources: { gpu: 0, slots: {} },
  image: null,
  runtime: null,
  approval: null,
  expand: null,
} as const

/** The same of a plan as a whole. */
const planDefaults = { noCache: false, nominal: null, timeoutMs: null, concurrency: null } as const

/** Reads a plan that this release or an earlier one has stored. */
export function readPlan(stored: unknown): RunPlan {
  const plan = stored as RunPlan
  return { ...planDefaults, ...plan, steps: plan.steps.map((step) => ({ ...stepDefaults, ...step })) }
}

/** Fixes everything a run needs. @throws what `pin` throws when no data is there */
export async function makePlan(
  spec: PipelineSpec,
  { maxLiveAttempts, noCache, nominal }: Pick<RunPlan, 'maxLiveAttempts' | 'noCache' | 'nominal'>,
  pin: Pin,
): Promise<RunPlan> {
  const steps: RunPlanStep[] = []
  for (const step of spec.steps) steps.push(await planStep(step, pin))
  const timeoutMs = spec.timeoutSeconds === undefined ? null : spec.timeoutSeconds * 1000
  return { steps, maxLiveAttempts, noCache, nominal, timeoutMs, concurrency: spec.concurrency ?? null }
}

async function planStep(step: StepSpec, pin: Pin): Promise<RunPlanStep> {
  const inputs: Record<string, PlannedInput> = {}
  for (const [name, input] of Object.entries(step.inputs)) {
    const isData = input.from === 'dataset' || input.from === 'dataset-version'
    inputs[name] = isData ? { from: 'dataset', dataset: input.dataset, versions: await pin(input) } : input
  }
  const { key, when, allowFailure, retries, retryOn, retryDelay, params, outputs, matrix, env, code, cache, runtime } =
    step
  const { secrets, folderOutputs } = step
  return {
    runsOn: step.runsOn,
    resources: step.resources,
    image: step.image ?? null,
    key,
    when,
    allowFailure,
    retries,
    retryOn,
    params,
    with: step.with,
    inputs,
    outputs,
    matrix,
    env,
    secrets,
    folderOutputs,
    code,
    ...(step.source && { source: step.source }),
    cache,
    runtime,
    needs: needsOf(step),
    retryDelay: {
      firstMs: retryDelay.seconds * 1000,
      factor: retryDelay.factor,
      maxMs: retryDelay.maxSeconds * 1000,
    },
    timeoutMs: step.timeoutSeconds * 1000,
    graceMs: step.graceSeconds * 1000,
    heartbeatMs: step.heartbeatSeconds === undefined ? null : step.heartbeatSeconds * 1000,
    claims: claimsOf(step),
    maxParallel: step.maxParallel ?? null,
    failFast: step.failFast,
    uses: step.uses ?? null,
    run: step.run ?? null,
    approval: step.approval ?? null,
    expand: step.expand ?? null,
  }
}

/** The steps named, those an input comes from, whose output is decided on, and that list its matrix. */
export function needsOf({ needs, inputs, approval, expand }: StepSpec): string[] {
  const subject = approval?.subject ? [approval.subject.step] : []
  return [...new Set([...needs, ...sourcesOf(inputs), ...subject, ...(expand ? listSources(expand) : [])])]
}

/** The steps that these inputs come from. */
export const sourcesOf = (inputs: StepSpec['inputs'] | RunPlanStep['inputs']): string[] =>
  Object.values(inputs).flatMap((input) => {
    if (input.from === 'step') return [input.step]
    return input.from === 'steps' ? [...input.steps] : []
  })

/** What the environment of each step of a backfill says, and its result may therefore depend on. */
export const nominalVariables = (nominal: Nominal | null): Readonly<Record<string, string>> =>
  nominal ? { EVENKEEL_NOMINAL_START: nominal.start, EVENKEEL_NOMINAL_END: nominal.end } : {}

/** Only those the step declares, and what it has of its own: others do not exist for it. */
export const paramsOfStep = (params: Params, step: Pick<RunPlanStep, 'params' | 'with'>): Params => ({
  ...Object.fromEntries(step.params.map((name) => [name, params[name] ?? null])),
  ...step.with,
})

/** Every dataset version the plan reads, once. */
export const pinnedVersions = onceFor(({ steps }: RunPlan): readonly PinnedVersion[] => {
  const all = steps
    .flatMap(({ inputs }) => Object.values(inputs))
    .flatMap((input) => (input.from === 'dataset' ? input.versions : []))
  return [...new Map(all.map((version) => [`${version.dataset}@${version.version}`, version])).values()]
})

/** The steps of a plan by their keys. */
export const stepsByKey = onceFor(
  ({ steps }: RunPlan): ReadonlyMap<string, RunPlanStep> => new Map(steps.map((step) => [step.key, step])),
)
