import type { DatasetVersion, ParamValue, PipelineSpec, StepSpec } from '@evenkeel/contract'
import type { Plan, PlannedStep } from './states.ts'

/** What is stored with a run and never changes. */
export interface RunPlan extends Plan {
  readonly steps: readonly RunPlanStep[]
}

export interface RunPlanStep extends PlannedStep {
  readonly uses: string | null
  readonly run: readonly string[] | null
  readonly params: readonly string[]
  readonly inputs: Readonly<Record<string, PlannedInput>>
  readonly outputs: readonly string[]
}

export type PlannedInput =
  | { readonly from: 'step'; readonly step: string; readonly output: string }
  | { readonly from: 'dataset'; readonly dataset: string; readonly versions: readonly PinnedVersion[] }

/** A dataset version as it was when the run was created: later ones do not reach the run. */
export type PinnedVersion = Pick<
  DatasetVersion,
  'dataset' | 'version' | 'digest' | 'rowCount' | 'eventTimeMin' | 'eventTimeMax'
> & { readonly files: readonly { readonly digest: string; readonly sizeBytes: number }[] }

export type Params = Readonly<Record<string, ParamValue>>

export type DatasetInput = Extract<StepSpec['inputs'][string], { readonly from: 'dataset' }>

/** Versions that overlap the span of an input, ascending, never empty. */
export type Pin = (input: DatasetInput) => Promise<readonly PinnedVersion[]>

const graceMs = 30_000

/** Fixes everything a run needs. @throws what `pin` throws when no data is there */
export async function makePlan(spec: PipelineSpec, maxLiveAttempts: number, pin: Pin): Promise<RunPlan> {
  const steps: RunPlanStep[] = []
  for (const step of spec.steps) steps.push(await planStep(step, pin))
  return { steps, maxLiveAttempts }
}

async function planStep(step: StepSpec, pin: Pin): Promise<RunPlanStep> {
  const inputs: Record<string, PlannedInput> = {}
  for (const [name, input] of Object.entries(step.inputs)) {
    inputs[name] =
      input.from === 'step' ? input : { from: 'dataset', dataset: input.dataset, versions: await pin(input) }
  }
  return {
    key: step.key,
    needs: needsOf(step),
    retries: step.retries,
    timeoutMs: step.timeoutSeconds * 1000,
    graceMs,
    uses: step.uses ?? null,
    run: step.run ?? null,
    params: step.params,
    inputs,
    outputs: step.outputs,
  }
}

/** The steps named, and those an input comes from. */
export function needsOf({ needs, inputs }: StepSpec): string[] {
  const sources = Object.values(inputs).flatMap((input) => (input.from === 'step' ? [input.step] : []))
  return [...new Set([...needs, ...sources])]
}

/** Every dataset version the plan reads, once. */
export function pinnedVersions({ steps }: RunPlan): readonly PinnedVersion[] {
  const all = steps
    .flatMap(({ inputs }) => Object.values(inputs))
    .flatMap((input) => (input.from === 'dataset' ? input.versions : []))
  return [...new Map(all.map((version) => [`${version.dataset}@${version.version}`, version])).values()]
}
