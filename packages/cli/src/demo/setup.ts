import { DataContract, FeatureViewSpec, PipelineSpec } from '@evenkeel/contract'
import { readFile } from 'node:fs/promises'
import { type DemoApi, demoApi } from './api.ts'

export const NAMES = {
  dataset: 'flights',
  view: 'origin_recent',
  pipeline: 'flights-delay',
  model: 'flights-delay',
  endpoint: 'flights-delay',
  staging: 'flights-delay-staging',
  monitor: 'flights-delay',
} as const

export interface Cast {
  /** The systems of the airline: on this machine, nobody asks them who they are. */
  readonly airline: DemoApi
  /** Data scientist: trains, deploys, and may not approve her own work. */
  readonly ana: DemoApi
  /** Approver. */
  readonly ben: DemoApi
}

/** The two people of the story, each with a token of their own. */
export async function createCast(baseUrl: string): Promise<Cast> {
  const local = demoApi(baseUrl)
  const join = async (name: string, roles: ('data_scientist' | 'operator' | 'approver')[]) => {
    await local.projects.createUser({ body: { name, roles } })
    const { token } = await local.projects.createToken({ params: { user: name }, body: { name: 'demo' } })
    return demoApi(baseUrl, token)
  }
  return {
    airline: local,
    ana: await join('ana', ['data_scientist', 'operator']),
    ben: await join('ben', ['approver', 'operator']),
  }
}

const example = async (file: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(`../../../../examples/flights/${file}`, import.meta.url), 'utf8'))

/** What the data must look like, before the first of it arrives. */
export async function writeDataContract({ ana }: Cast): Promise<void> {
  await ana.datasets.putContract({
    params: { dataset: NAMES.dataset },
    body: DataContract.parse(await example('contract.json')),
  })
}

/** The feature view, the pipeline and its two triggers. */
export async function writePipeline({ ana }: Cast): Promise<void> {
  const { dataset, view, pipeline, endpoint } = NAMES
  await ana.features.define({ params: { view }, body: FeatureViewSpec.parse(await example('feature-view.json')) })
  await ana.pipelines.put({ params: { pipeline }, body: PipelineSpec.parse(await example('pipeline.json')) })
  await ana.pipelines.putTrigger({
    params: { pipeline, trigger: 'month-end' },
    body: {
      on: { kind: 'schedule', dataset, every: 'month' },
      dataset,
      window: { kind: 'months', trainMonths: 1, holdoutMonths: 1 },
      cooldownDays: 50,
    },
  })
  await ana.pipelines.putTrigger({
    params: { pipeline, trigger: 'decay' },
    body: {
      on: { kind: 'decay', endpoint },
      dataset,
      window: { kind: 'recent', trainMonths: 2, holdoutDays: 7 },
      cooldownDays: 7,
    },
  })
}

/** Who lets what in, where it is served, and what is watched. */
export async function writeEndpoints({ ana, ben }: Cast): Promise<void> {
  const { model, view, endpoint, staging, monitor } = NAMES
  await ben.governance.putEnvironmentPolicy({ params: { environment: 'staging' }, body: { approval: 'self' } })
  await ben.governance.putEnvironmentPolicy({ params: { environment: 'production' }, body: { approval: 'person' } })
  await ana.deployments.put({
    params: { endpoint: staging },
    body: {
      environment: 'staging',
      model,
      description: 'Each version proves itself here first.',
      featureViews: [view],
      autoDeploy: true,
      plan: { steps: [] },
    },
  })
  await ana.deployments.put({
    params: { endpoint },
    body: {
      environment: 'production',
      model,
      description: 'Will this flight be more than 15 minutes late?',
      featureViews: [view],
      autoDeploy: true,
      // Everything here shares one small machine, so a slow answer says little about the model.
      plan: { steps: [10], slowMs: 1000 },
    },
  })
  await ana.monitoring.put({
    params: { monitor },
    body: { endpoint, windowDays: 7, origin: '2001-02-01T00:00:00Z', performance: { atLeast: 0.7, windows: 2 } },
  })
}
