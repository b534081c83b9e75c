import { join } from 'node:path'
import type { NodeStatus } from '@evenkeel/contract'
import type { FeatureFollower } from '../features/follower.ts'
import type { Log } from '../log.ts'
import type { Models } from '../models/models.ts'
import type { EndpointRuntime } from '../serving/endpoint.ts'
import { createEnvironment, type Environment, type EnvironmentParts } from './environment.ts'
import type { Trust } from './trust.ts'

/** What the node serves, over all of its environments. */
export interface Served {
  readonly environments: readonly Environment[]
  /** By name; one table is replaced by the next at once. */
  readonly endpoints: ReadonlyMap<string, EndpointRuntime>
  /** The highest of its environments. */
  readonly generation: number
  readonly loaded: NodeStatus['loaded']
  /** Why a newest state is not served, for the first environment where it is not. */
  readonly problem: string | undefined
  /** An environment that has had no state yet. */
  readonly waitingFor: string | undefined
}

interface ServedParts {
  readonly names: readonly string[]
  readonly folder: string
  readonly trust: Trust
  readonly models: Models
  readonly views: FeatureFollower
  readonly log: Log
  readonly acknowledge: EnvironmentParts['acknowledge']
}

/** Opens the environments; each serves what it has on disk, before anything is asked of the control plane. */
export async function openServed({ names, folder, models, views, ...parts }: ServedParts): Promise<Served> {
  let endpoints: ReadonlyMap<string, EndpointRuntime> = new Map()

  const onSwitch = () => {
    endpoints = new Map(environments.flatMap((environment) => [...environment.endpoints]))
  }
  const followViews = () => views.follow(environments.flatMap(({ neededViews }) => neededViews))
  const tidy = async () => {
    await followViews()
    const needed = environments.flatMap(({ neededArtifacts }) => neededArtifacts)
    const kept = environments.flatMap(({ keptArtifacts }) => keptArtifacts)
    await models.keepOnly(needed, kept)
  }
  const environments: readonly Environment[] = names.map((name) =>
    createEnvironment({ ...parts, name, file: join(folder, `${name}.json`), models, followViews, onSwitch, tidy }),
  )
  for (const environment of environments) await environment.restore()

  return {
    environments,
    get endpoints() {
      return endpoints
    },
    get generation() {
      return Math.max(0, ...environments.map(({ state }) => state?.generation ?? 0))
    },
    get loaded() {
      return [...endpoints.values()].flatMap(loadedVersions)
    },
    get problem() {
      return environments.map(({ problem }) => problem).find((problem) => problem !== undefined)
    },
    get waitingFor() {
      return environments.find(({ state }) => state === undefined)?.name
    },
  }
}

function loadedVersions({ spec, versions }: EndpointRuntime): NodeStatus['loaded'] {
  return [...versions.values()].map(({ resident: { artifact, loadedAt, proof } }) => ({
    endpoint: spec.name,
    version: artifact.version,
    digest: artifact.digest,
    loadedAt,
    selfTestHash: proof.selfTestHash,
  }))
}
