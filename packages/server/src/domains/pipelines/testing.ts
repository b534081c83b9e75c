import { createClient } from '@evenkeel/client'
import {
  type DatasetVersion,
  type ModelVersion,
  pipelines as endpoints,
  type PipelineSpec,
  releases,
  type Run,
  runtimes,
} from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSigningKey } from '../../platform/signing-key.ts'
import { startWorld, type WorldOptions } from '../../testing.ts'
import type { Champion, PipelinesDeps } from './needs.ts'
import { pipelinesRoutes } from './routes.ts'
import { createPipelines, type Pipelines } from './service.ts'

/** What the other domains would say; a test changes it as it goes. */
export interface Outside {
  versions: DatasetVersion[]
  champion: Champion | null
  rollout: string | null
  /** The run that made any model version. */
  runBehind: string | null
  /** Versions of models by number. */
  modelVersions: Map<number, ModelVersion>
  separatesDuties: boolean
  users: string[]
  /** What the clock shows; the true time when it is null. */
  clock: Date | null
}

/** A server with pipelines that run on this machine. */
export async function startPipelinesWorld({
  targets = {},
  environment = {},
}: { readonly targets?: object } & Pick<WorldOptions, 'environment'> = {}) {
  const targetsFile = join(tmpdir(), `evenkeel-targets-${randomUUID()}.json`)
  await writeFile(targetsFile, JSON.stringify(targets))
  const outside: Outside = {
    versions: [],
    champion: null,
    rollout: null,
    runBehind: null,
    modelVersions: new Map(),
    separatesDuties: true,
    users: [],
    clock: null,
  }
  let pipelines: Pipelines | undefined
  let deps: PipelinesDeps | undefined
  let url = ''
  const keys = await mkdtemp(join(tmpdir(), 'evenkeel-keys-'))
  const key = await openSigningKey(keys, 'releases')
  const tokens = { issued: 0, revoked: [] as string[] }
  const world = await startWorld({
    environment: { EVENKEEL_TARGETS: targetsFile, ...environment },
    domains: (platform) => {
      deps = {
        ...platform,
        now: () => outside.clock ?? new Date(),
        folder: platform.config.folder,
        targetsFile: platform.config.targetsFile,
        runtimes: platform.config.runtimes,
        watchRoots: platform.config.watchRoots,
        privateBuckets: platform.config.privateBuckets,
        git: platform.config.git,
        workFolder: tmpdir(),
        url: () => url,
        commit: () => 'c0ffee',
        programCode: async () => undefined,
        programDigest: async (name) => (name === 'true' ? `sha256:${'7'.repeat(64)}` : null),
        environmentPolicy: async () => ({ approval: 'person', separateDuties: true, expiresAfterHours: 168 }),
        signingKey: key,
        builtinSteps: (name) => (['true', 'compare-outputs'].includes(name) ? ['/bin/true'] : undefined),
        datasets: {
          findVersion: async (_, dataset, version) => {
            const ofDataset = outside.versions.filter((one) => one.dataset === dataset)
            return version === 'latest'
              ? ofDataset.findLast(({ state }) => state === 'accepted')
              : ofDataset.find((one) => one.version === version)
          },
          getVersion: async (_, dataset, version) =>
            outside.versions.find((one) => one.dataset === dataset && one.version === version)!,
          listVersions: async (_, dataset) => ({
            items: outside.versions.filter((one) => one.dataset === dataset).toReversed(),
          }),
          versionsCovering: async (_, dataset, from, until) =>
            outside.versions.filter(
              (version) =>
                version.dataset === dataset && version.eventTimeMax! >= from && version.eventTimeMin! <= until,
            ),
        },
        issueStepToken: async () => `secret-${++tokens.issued}`,
        revokeStepTokens: async (scope) => void tokens.revoked.push(scope),
        version: async (_, __, version) => outside.modelVersions.get(version)!,
        featureView: async () => null,
        software: { node: process.version },
        runBehind: async () => outside.runBehind,
        champion: async () => outside.champion,
        rolloutRunning: async () => outside.rollout,
        separatesDuties: async () => outside.separatesDuties,
        isUser: async (_, name) => outside.users.includes(name),
        maxLiveAttempts: 4,
      }
      pipelines = createPipelines(deps)
      const { subscriptions, jobs } = pipelines
      return [{ routes: (app) => pipelinesRoutes(app, pipelines!), subscriptions, jobs }]
    },
  })
  url = world.url
  const api = createClient(endpoints, world.clientOptions())
  await pipelines!.start()

  return {
    ...world,
    api,
    releases: createClient(releases, world.clientOptions()),
    runtimes: createClient(runtimes, world.clientOptions()),
    outside,
    tokens,
    deps: deps!,
    pipelines: pipelines!,

    /** Writes a pipeline and starts a run of it. */
    async run(pipeline: string, spec: Partial<PipelineSpec>, params: Run['params'] = {}): Promise<Run> {
      await api.put({ params: { pipeline }, body: { steps: [], ...spec } })
      return api.startRun({ params: { pipeline }, body: { params } })
    },

    /** Waits until a run is in one of these states. */
    async until(run: string, states: readonly Run['state'][] = ['succeeded', 'failed', 'cancelled']): Promise<Run> {
      for (const deadline = Date.now() + 15_000; ;) {
        const found = await api.getRun({ params: { run } })
        if (states.includes(found.state)) return found
        if (Date.now() > deadline) throw new Error(`The run is still ${found.state}: ${JSON.stringify(found.steps)}`)
        await new Promise((resume) => setTimeout(resume, 50))
      }
    },

    async stop() {
      await pipelines!.stop()
      await world.stop()
      await rm(keys, { recursive: true, force: true })
      await rm(targetsFile)
    },
  }
}

export type PipelinesWorld = Awaited<ReturnType<typeof startPipelinesWorld>>

/** A step that is a line of shell. */
export const shell = (key: string, script: string, more: object = {}) => ({
  key,
  run: ['/bin/sh', '-euc', script],
  ...more,
})
