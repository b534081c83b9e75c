import type { Resident } from '../models/resident.ts'
import type { EndpointRuntime } from '../serving/endpoint.ts'

export const serverVersion = '0.1.0'

export const serverMetadata = {
  name: 'evenkeel',
  version: serverVersion,
  extensions: ['binary_tensor_data', 'parameters', 'statistics', 'model_configuration'],
}

const versionsOf = ({ versions }: EndpointRuntime): string[] => [...versions.keys()].map(String)

export function modelMetadata(endpoint: EndpointRuntime, { proof }: Resident) {
  const { inputs, outputs } = proof.signature
  return { name: endpoint.spec.name, versions: versionsOf(endpoint), platform: 'onnx_onnxv1', inputs, outputs }
}

/** @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_configuration.md */
export function modelConfig(endpoint: EndpointRuntime, { proof, maxBatchRows, batches, scorer }: Resident) {
  const { inputs, outputs, batchable } = proof.signature
  const described = (specs: typeof inputs) =>
    specs.map(({ name, datatype, shape }) => ({
      name,
      data_type: datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype}`,
      dims: batchable ? shape.slice(1) : shape,
    }))
  return {
    name: endpoint.spec.name,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    max_batch_size: batchable ? maxBatchRows : 0,
    input: described(inputs),
    output: described(outputs),
    ...(batches && { dynamic_batching: { max_queue_delay_microseconds: 0 } }),
    instance_group: [{ kind: 'KIND_CPU', name: scorer.kind }],
  }
}

const duration = (count: number, us: number) => ({ count, ns: Math.round(us * 1000) })
const never = duration(0, 0)

/** @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_statistics.md */
export function modelStatistics(endpoint: EndpointRuntime, { artifact, statistics }: Resident) {
  const { requests, failures, queueUs } = statistics
  const runs = [...statistics.runs].toSorted(([a], [b]) => a - b)
  const runCount = runs.reduce((sum, [, { count }]) => sum + count, 0)
  const runUs = runs.reduce((sum, [, run]) => sum + run.runUs, 0)
  return {
    name: endpoint.spec.name,
    version: String(artifact.version),
    inference_count: runs.reduce((sum, [rows, { count }]) => sum + rows * count, 0),
    execution_count: runCount,
    inference_stats: {
      success: duration(requests, queueUs + runUs),
      fail: duration(failures, 0),
      queue: duration(requests + failures, queueUs),
      compute_input: never,
      compute_infer: duration(runCount, runUs),
      compute_output: never,
      cache_hit: never,
      cache_miss: never,
    },
    batch_stats: runs.map(([batch_size, run]) => ({
      batch_size,
      compute_input: never,
      compute_infer: duration(run.count, run.runUs),
      compute_output: never,
    })),
    memory_usage: [],
  }
}

export function repositoryIndex(endpoints: Iterable<EndpointRuntime>) {
  return [...endpoints].flatMap((endpoint) =>
    versionsOf(endpoint).map((version) => ({ name: endpoint.spec.name, version, state: 'READY', reason: '' })),
  )
}
