import { createClient } from '@evenkeel/client'
import {
  artifacts,
  backfills,
  deployments,
  experiments,
  governance,
  lineage,
  loop,
  modelCards,
  modelFiles,
  modelPeople,
  pipelines,
  query,
  registry,
  releases,
  retention,
  reproductions,
  runtimes,
  secrets,
  stepSources,
  storage,
  trackedRuns,
} from '@evenkeel/contract'
import { type Output, createOutput } from '../output.ts'
import { targetOf } from '../settings.ts'

export interface CommonOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly url?: string
  readonly folder?: string
}

export const outputOf = ({ json = false, quiet = false }: CommonOptions): Output => createOutput({ json, quiet })

/** Clients of the server a command speaks to. */
export async function connect(options: CommonOptions) {
  const { url, token } = await targetOf(options)
  const client = { baseUrl: url, ...(token !== undefined && { token }) }
  return {
    url,
    token,
    lineage: createClient(lineage, client),
    loop: createClient(loop, client),
    deployments: createClient(deployments, client),
    governance: createClient(governance, client),
    registry: createClient(registry, client),
    modelFiles: createClient(modelFiles, client),
    modelCards: createClient(modelCards, client),
    modelPeople: createClient(modelPeople, client),
    pipelines: createClient(pipelines, client),
    query: createClient(query, client),
    backfills: createClient(backfills, client),
    artifacts: createClient(artifacts, client),
    releases: createClient(releases, client),
    reproductions: createClient(reproductions, client),
    secrets: createClient(secrets, client),
    stepSources: createClient(stepSources, client),
    runtimes: createClient(runtimes, client),
    experiments: createClient(experiments, client),
    retention: createClient(retention, client),
    storage: createClient(storage, client),
    trackedRuns: createClient(trackedRuns, client),
  }
}
export type Connection = Awaited<ReturnType<typeof connect>>
