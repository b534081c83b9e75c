import { type CacheReason, canonicalJson, plural, type StepRuntime } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { wantedOf } from '../../runtimes/runtime-kind.ts'
import { isInstance, needsSuccess } from '../condition.ts'
import type { StoredOutput } from '../job.ts'
import {
  nominalVariables,
  paramsOfStep,
  type Params,
  type PlannedInput,
  type RunPlan,
  type RunPlanStep,
} from '../plan.ts'

/** All that the result of a step depends on. Stored with the step, so that a difference has a name later. */
export interface CacheParts {
  readonly scheme: 1
  readonly command: readonly string[]
  /** Digest of the list of code files, or of the program that ships with Evenkeel. */
  readonly code: string
  /** What pins its software; absent on the host, as in what earlier releases stored. */
  readonly runtime?: RuntimePart
  readonly params: Params
  readonly matrix: Params
  readonly inputs: Readonly<Record<string, InputPart>>
  /** Digests of the values, which may be secrets. */
  readonly env: Readonly<Record<string, string>>
  readonly platform: string
}

export interface RuntimePart {
  readonly kind: StepRuntime['kind']
  readonly version: string | null
  readonly lock: string
  readonly manifest: string | null
}

export interface InputPart {
  readonly digests: readonly string[]
  /** How a person calls it. */
  readonly says: string
}

/** Outputs of the steps before: `<step>/<output>` to what was stored. */
export type StoredOutputs = ReadonlyMap<string, StoredOutput>

/** Why no earlier result may take the place of a step, whatever there is. */
export function whyNotCached(
  step: RunPlanStep,
  { noCache, programCode }: { readonly noCache: boolean | readonly string[]; readonly programCode: string | undefined },
): { readonly code: CacheReason; readonly says: string } | undefined {
  if (step.cache === false) return { code: 'off', says: 'Its results are not kept for later: cache is off.' }
  if (!needsSuccess(step))
    return { code: 'off', says: 'It also runs after a failure: it is there for what it does, not for what it leaves.' }
  if (noCache === true) return { code: 'forced', says: 'All steps were asked to run anew.' }
  if (noCache !== false && noCache.some((name) => isInstance(step.key, name)))
    return { code: 'forced', says: 'It was asked to run anew.' }
  if (step.uses !== null && programCode === undefined)
    return { code: 'off', says: 'It asks or tells the server, so its result depends on more than its inputs.' }
  if (step.uses === null && step.code === null)
    return { code: 'off', says: 'It does not list its code, so nobody can tell whether that changed.' }
  return undefined
}

/** What the step itself does not say. */
export interface Facts {
  /** Digest of the program, for a step that ships with Evenkeel. */
  readonly programCode: string | undefined
  /** The version in force of each secret of the project, by name. */
  readonly secrets: ReadonlyMap<string, string>
}

export function partsOf(
  { nominal }: Pick<RunPlan, 'nominal'>,
  step: RunPlanStep,
  params: Params,
  outputs: StoredOutputs,
  { programCode, secrets }: Facts,
): CacheParts {
  // Ours do not read what a backfill says there.
  const environment = step.uses === null ? { ...step.env, ...nominalVariables(nominal) } : step.env
  return {
    scheme: 1,
    command: [...(step.run ?? ['uses', step.uses!]), '->', ...step.outputs.map((name) => markFolder(step, name))],
    code: programCode ?? digestOf((step.code ?? []).toSorted((a, b) => (a.path < b.path ? -1 : 1))),
    ...(step.runtime && { runtime: runtimePart(step.runtime) }),
    params: paramsOfStep(params, step),
    matrix: step.matrix,
    inputs: Object.fromEntries(
      Object.entries(step.inputs).map(([name, input]) => [name, inputPart(input, outputs)] as const),
    ),
    env: {
      ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, digestOf(value)] as const)),
      ...Object.fromEntries(
        Object.entries(step.secrets).map(([variable, secret]) => [variable, secretPart(secret, secrets)] as const),
      ),
    },
    platform: platformOf(step),
  }
}

const markFolder = ({ folderOutputs }: RunPlanStep, name: string) => (folderOutputs.includes(name) ? `${name}/` : name)

/** Which secret and which version of it, and nothing of its value. */
const secretPart = (secret: string, versions: Facts['secrets']): string =>
  digestOf({ secret, version: versions.get(secret) ?? null })

/** Other targets than this machine run Linux; what a step finds there is what its image holds. */
const platformOf = ({ runsOn, image }: RunPlanStep): string =>
  [`${runsOn === 'local' ? process.platform : 'linux'}-${process.arch}`, ...(image === null ? [] : [image])].join(' ')

function runtimePart(runtime: StepRuntime): RuntimePart {
  const { kind, version, lock, manifest } = wantedOf(runtime)
  return { kind, version, lock: lock.digest, manifest: manifest?.digest ?? null }
}

function inputPart(input: PlannedInput, outputs: StoredOutputs): InputPart {
  if (input.from === 'dataset') {
    const { versions } = input
    return {
      digests: versions.flatMap(({ files }) => files.map(({ digest }) => digest)),
      says: versions.map(({ dataset, version }) => `${dataset}@${version}`).join(', '),
    }
  }
  const steps = input.from === 'step' ? [input.step] : input.steps
  return {
    digests: steps.map((step) => outputs.get(`${step}/${input.output}`)!.digest),
    says: `"${input.output}" of ${steps.length === 1 ? `"${steps[0]}"` : plural(steps.length, 'step')}`,
  }
}

/** Two steps of one key have the same result, as far as anybody can tell. */
export const cacheKeyOf = ({ inputs, ...parts }: CacheParts): string =>
  digestOf({
    ...parts,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, { digests }]) => [name, digests])),
  })

const digestOf = (value: unknown): string => `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`
