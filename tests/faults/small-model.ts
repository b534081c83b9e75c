import { createClient } from '@evenkeel/client'
import { artifacts, deployments, governance, monitoring, registry } from '@evenkeel/contract'
import { predictTrees, rocAuc, trainTrees, treesToOnnx } from '@evenkeel/numerics'
import { type Place, until } from './platform.ts'

export const NAME = 'small'
export const ORIGIN_MS = Date.UTC(2026, 0, 1)

export function apiOf({ url: baseUrl }: Place) {
  return {
    artifacts: createClient(artifacts, { baseUrl }),
    deployments: createClient(deployments, { baseUrl }),
    governance: createClient(governance, { baseUrl }),
    monitoring: createClient(monitoring, { baseUrl }),
    registry: createClient(registry, { baseUrl }),
  }
}
export type Api = ReturnType<typeof apiOf>

/** Trains a small model, registers it, and has it served and watched in staging, which needs no approval. */
export async function serveSmallModel(api: Api): Promise<void> {
  const { onnx, auc } = await train()
  const { digest, sizeBytes } = await api.artifacts.upload({ query: {}, file: onnx })
  await api.governance.putGate({ params: { model: NAME }, body: { minHoldoutRows: 0 } })
  const { version, gate } = await api.registry.register({
    params: { model: NAME },
    body: {
      artifact: { digest, sizeBytes, format: 'onnx' },
      golden: null,
      metrics: { auc },
      params: {},
      evaluation: null,
      baselines: [],
      lineage: {
        runId: null,
        pipeline: null,
        trigger: null,
        datasets: [],
        featureViews: [],
        trainedFrom: null,
        trainedUntil: null,
        trainingRowCount: 2000,
        commit: 'none',
        environment: {},
      },
      card: '# small\n\nTells points above the diagonal from points below it.\n',
    },
  })
  if (!gate?.passed) throw new Error(`the gate refused the small model: ${gate?.says}`)
  await api.deployments.put({ params: { endpoint: NAME }, body: { environment: 'staging', model: NAME } })
  await api.monitoring.put({
    params: { monitor: NAME },
    body: { endpoint: NAME, origin: new Date(ORIGIN_MS).toISOString(), performance: { atLeast: 0.5 } },
  })
  await deploy(api, version)
}

async function deploy({ deployments: client }: Api, version: number): Promise<void> {
  const { id } = await client.deploy({ params: { endpoint: NAME }, body: { version, plan: { steps: [] } } })
  await until('the small model to be served', async () => {
    const { state, says } = await client.getRollout({ params: { rollout: id } })
    if (state === 'failed' || state === 'rolled_back') throw new Error(`the rollout is ${state}: ${says}`)
    return state === 'succeeded'
  })
}

/** Points of a regular grid; above the diagonal is 1. */
async function train() {
  const rows = Array.from({ length: 2000 }, (_, row) => ({ x: (row * 7) % 50, y: (row * 13) % 47 }))
  const features = (['x', 'y'] as const).map((name) => ({
    kind: 'numerical' as const,
    name,
    values: Float32Array.from(rows, (row) => row[name]),
  }))
  const labels = Float64Array.from(rows, ({ x, y }) => Number(y > x))
  const options = { loss: 'logistic', treeCount: 10, leafCount: 8, learningRate: 0.3, seed: 1, threadCount: 1 } as const
  const model = await trainTrees({ features, labels }, options)
  return { onnx: treesToOnnx(model, { name: NAME }), auc: rocAuc(labels, predictTrees(model, features)) }
}
