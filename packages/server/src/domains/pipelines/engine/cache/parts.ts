import type { CacheReason } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { canonicalJson } from '../../../../platform/canonical-json.ts'
import { isInstance, needsSuccess } from '../condition.ts'
import type { StoredOutput } from '../job.ts'
import { pickParams, type Params, type PlannedInput, type RunPlanStep } from '../plan.ts'

/** All that the result of a step depends on. Stored with the step, so that a difference has a name later. */
export interface CacheParts {
  readonly scheme: 1
  readonly command: readonly string[]
  /** Digest of the list of code files, or of the program that ships with Evenkeel. */
  readonly code: string
  readonly params: Params
  readonly matrix: Params
  readonly inputs: Readonly<Record<string, InputPart>>
  /** Digests of the values, which may be secrets. */
  readonly env: Readonly<Record<string, string>>
  readonly platform: string
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

/** @param programCode - digest of the program, for a step that ships with Evenkeel */
export function partsOf(
  step: RunPlanStep,
  params: Params,
  outputs: StoredOutputs,
  programCode: string | undefined,
): CacheParts {
  return {
    scheme: 1,
    command: [...(step.run ?? ['uses', step.uses!]), '->', ...step.outputs],
    code: programCode ?? digestOf((step.code ?? []).toSorted((a, b) => (a.path < b.path ? -1 : 1))),
    params: pickParams(params, step.params),
    matrix: step.matrix,
    inputs: Object.fromEntries(
      Object.entries(step.inputs).map(([name, input]) => [name, inputPart(input, outputs)] as const),
    ),
    env: Object.fromEntries(Object.entries(step.env).map(([name, value]) => [name, digestOf(value)] as const)),
    platform: `${process.platform}-${process.arch}`,
  }
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
    says: `"${input.output}" of ${steps.length === 1 ? `"${steps[0]}"` : `${steps.length} steps`}`,
  }
}

/** Two steps of one key have the same result, as far as anybody can tell. */
export const cacheKeyOf = ({ inputs, ...parts }: CacheParts): string =>
  digestOf({
    ...parts,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, { digests }]) => [name, digests])),
  })

const digestOf = (value: unknown): string => `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`
