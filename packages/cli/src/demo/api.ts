import { createClient } from '@evenkeel/client'
import {
  datasets,
  deployments,
  features,
  governance,
  loop,
  monitoring,
  pipelines,
  projects,
  registry,
} from '@evenkeel/contract'
import { patientFetch } from './patience.ts'

/** Every group of the API as one user. */
export function demoApi(baseUrl: string, token?: string) {
  const options = { baseUrl, fetch: patientFetch, ...(token !== undefined && { token }) }
  return {
    datasets: createClient(datasets, options),
    features: createClient(features, options),
    pipelines: createClient(pipelines, options),
    registry: createClient(registry, options),
    governance: createClient(governance, options),
    deployments: createClient(deployments, options),
    monitoring: createClient(monitoring, options),
    projects: createClient(projects, options),
    loop: createClient(loop, options),
  }
}

export type DemoApi = ReturnType<typeof demoApi>
