import type { Arm, DesiredState } from '@evenkeel/contract'
import type { Resident } from '../models/resident.ts'
import { Lane } from './lane.ts'

export type EndpointSpec = DesiredState['endpoints'][number]

export interface ArmRuntime {
  readonly arm: Arm
  readonly version: number
  readonly weight: number
  readonly lane: Lane
}

/** An endpoint as this node serves it now. It is never changed: a new desired state makes new ones. */
export interface EndpointRuntime {
  readonly spec: EndpointSpec
  readonly environment: string
  readonly generation: number
  /** One lane each, so that arms do not wait for each other. */
  readonly arms: readonly ArmRuntime[]
  /** Every version of the model that is resident, for requests that name one and for the pair under comparison. */
  readonly versions: ReadonlyMap<number, Lane>
  readonly primary: ArmRuntime
}

/**
 * Puts the endpoints of one state on the models they need.
 *
 * @param residents - by version key
 * @throws Error when a model is missing; the caller checks the state first
 */
export function makeEndpoints(state: DesiredState, residents: ReadonlyMap<string, Resident>): EndpointRuntime[] {
  return state.endpoints.map((spec) => {
    const arms = spec.arms.map(({ arm, version, weight }) => {
      const resident = residents.get(versionKey(spec.model, version))
      if (!resident) throw new Error(`Version ${version} of "${spec.model}" is not resident.`)
      return { arm, version, weight, lane: new Lane(resident) }
    })
    const versions = state.artifacts
      .filter(({ model }) => model === spec.model)
      .map(({ model, version }) => [version, new Lane(residents.get(versionKey(model, version))!)] as const)
    const primary = arms.find(({ arm }) => arm === 'primary') ?? arms[0]!
    return {
      spec,
      environment: state.environment,
      generation: state.generation,
      arms,
      versions: new Map(versions),
      primary,
    }
  })
}

export const versionKey = (model: string, version: number): string => `${model}/${version}`
