import type { Ack, DesiredState } from '@evenkeel/contract'
import type { Log } from '../log.ts'
import type { Models } from '../models/models.ts'
import { type Artifact, Refused } from '../models/resident.ts'
import { type EndpointRuntime, makeEndpoints, versionKey } from '../serving/endpoint.ts'
import { keepStates, type KeptStates, readStates } from './state-file.ts'
import type { Trust } from './trust.ts'

/** One environment that the node serves. */
export interface Environment {
  readonly name: string
  /** Undefined until there was one. */
  readonly state: DesiredState | undefined
  /** By endpoint name. */
  readonly endpoints: ReadonlyMap<string, EndpointRuntime>
  /** Why the newest state is not served; undefined when it is. */
  readonly problem: string | undefined
  /** What must stay resident: of the state that is served, and of one that is being loaded. */
  readonly neededArtifacts: readonly Artifact[]
  /** What must stay on disk: also of the state before. */
  readonly keptArtifacts: readonly Artifact[]
  readonly neededViews: readonly string[]
  /** Serves the last good state from disk, or the one before it, if there is one. */
  restore(): Promise<void>
  /** Serves this state once all of it is proven; until then, and if it is refused, what was served before. */
  apply(state: DesiredState, signal: AbortSignal): Promise<void>
}

export interface EnvironmentParts {
  readonly name: string
  /** Where the last good states are kept. */
  readonly file: string
  readonly trust: Trust
  readonly models: Models
  readonly log: Log
  /** Told the stages of every state, by its generation. */
  readonly acknowledge: (
    answer: Pick<Ack, 'environment' | 'generation' | 'stage'> & Partial<Pick<Ack, 'reason' | 'detail'>>,
  ) => void
  /** Brings the needed feature views here, if it can; called before a switch. */
  readonly followViews: () => Promise<void>
  /** Called when there are other endpoints to serve. */
  readonly onSwitch: () => void
  /** Lets go of what is not needed: after a switch, and after a refusal, when some of the new models are resident. */
  readonly tidy: () => Promise<void>
}

export function createEnvironment({
  name,
  file,
  trust,
  models,
  log,
  acknowledge,
  followViews,
  onSwitch,
  tidy,
}: EnvironmentParts): Environment {
  let kept: KeptStates | undefined
  let loading: DesiredState | undefined
  let endpoints: ReadonlyMap<string, EndpointRuntime> = new Map()
  let problem: string | undefined

  async function load(state: DesiredState, signal: AbortSignal): Promise<Map<string, EndpointRuntime>> {
    await trust.check(state)
    checkSense(state)
    loading = state
    const residents = await models.require(state.artifacts, signal)
    await followViews()
    const byVersion = new Map(
      residents.map((resident) => [versionKey(resident.artifact.model, resident.artifact.version), resident]),
    )
    return new Map(makeEndpoints(state, byVersion).map((endpoint) => [endpoint.spec.name, endpoint]))
  }

  async function take(state: DesiredState, signal: AbortSignal): Promise<void> {
    const answer = { environment: name, generation: state.generation }
    acknowledge({ ...answer, stage: 'received' })
    const loaded = await load(state, signal)
    acknowledge({ ...answer, stage: 'loaded' })
    const next = { current: state, previous: kept?.current ?? null }
    await keepStates(file, next)
    kept = next
    endpoints = loaded
    onSwitch()
    acknowledge({ ...answer, stage: 'serving' })
    log.info({ environment: name, generation: state.generation }, 'serving a new state')
  }

  return {
    name,
    get state() {
      return kept?.current
    },
    get endpoints() {
      return endpoints
    },
    get problem() {
      return problem
    },
    get neededArtifacts() {
      return [...(kept?.current.artifacts ?? []), ...(loading?.artifacts ?? [])]
    },
    get neededViews() {
      const states = [kept?.current, loading].filter((state) => state !== undefined)
      return states.flatMap((state) => state.endpoints.flatMap(({ featureViews }) => featureViews))
    },
    get keptArtifacts() {
      return [...this.neededArtifacts, ...(kept?.previous?.artifacts ?? [])]
    },
    async restore() {
      const states = await readStates(file)
      for (const state of [states?.current, states?.previous]) {
        if (!state) continue
        try {
          // Without the control plane nothing can be fetched, and the state before may be whole.
          endpoints = await load(state, AbortSignal.timeout(5000))
          kept = { current: state, previous: states?.previous ?? null }
          onSwitch()
          break
        } catch (error) {
          log.error({ err: error, environment: name, generation: state.generation }, 'a state on disk cannot be served')
        }
      }
      loading = undefined
      await tidy()
    },
    async apply(state, signal) {
      const served = kept?.current.generation
      if (served === state.generation) {
        return acknowledge({ environment: name, generation: state.generation, stage: 'serving' })
      }
      try {
        if (served !== undefined && state.generation < served) {
          throw new Refused('unsupported', `Generation ${state.generation} is older than ${served}, which is served.`)
        }
        await take(state, signal)
        problem = undefined
      } catch (error) {
        if (signal.aborted) return
        const { reason, message } = refusalOf(error)
        problem = `Generation ${state.generation} of "${name}" was refused (${reason}): ${message}`
        log.error({ err: error, environment: name, generation: state.generation, reason }, 'a state was refused')
        const detail = message.slice(0, 2000)
        acknowledge({ environment: name, generation: state.generation, stage: 'refused', reason, detail })
      } finally {
        loading = undefined
      }
      await tidy()
    },
  }
}

function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error
  const isDisk = error instanceof Error && 'syscall' in error
  return new Refused(isDisk ? 'disk' : 'load', error instanceof Error ? error.message : String(error))
}

/** @throws Refused for a state that no node can serve */
function checkSense({ endpoints, artifacts }: DesiredState): void {
  const present = new Set(artifacts.map(({ model, version }) => versionKey(model, version)))
  for (const { name, model, arms } of endpoints) {
    if (name === 'stats')
      throw new Refused('unsupported', 'No endpoint can be called "stats": /v2/models/stats is taken.')
    if (!arms.some(({ weight }) => weight > 0)) throw new Refused('unsupported', `No arm of "${name}" has a weight.`)
    const missing = arms.find(({ version }) => !present.has(versionKey(model, version)))
    if (missing) throw new Refused('unsupported', `The artifact of ${model} version ${missing.version} is not listed.`)
  }
}
