import { type GateVerdict, type NewModelVersion, type Rollout, RolloutPlan } from '@evenkeel/contract'
import type { RegistryDeps } from './service.ts'

/** What the domains around the registry answer where nothing is deployed and every gate lets everything pass. */
export const quietNeighbours = {
  decideGate: async (): Promise<GateVerdict> => ({
    passed: true,
    says: 'Good enough.',
    checks: [],
    decidedAt: new Date().toISOString(),
    override: null,
  }),
  approvals: async () => [],
  rollout: async () => rolloutOf({}),
  isProduction: (environment) => environment === 'production',
  noteReproduced: async () => null,
  whyNoModel: async () => null,
  useOf: async () => ({ endpoints: [], versions: [], environments: [] }),
  renameElsewhere: async () => undefined,
  runFiles: async () => undefined,
  loggedModel: async (_project, model) => ({ artifactUri: `mlflow-artifacts:/0/models/${model}`, sourceRunId: null }),
  noteRegistration: async () => undefined,
  filesAt: async () => null,
  servingOf: async () => [],
  url: () => 'http://127.0.0.1:7070',
} satisfies Omit<RegistryDeps, 'db' | 'blobs' | 'now'>

/** A rollout of version 1 in production that has just ended well. */
export const rolloutOf = (changes: Partial<Rollout>): Rollout => ({
  id: 'r1',
  endpoint: 'flights',
  environment: 'production',
  model: 'flights',
  fromVersion: null,
  toVersion: 1,
  state: 'succeeded',
  says: 'Promoted: not worse on any check.',
  plan: RolloutPlan.parse({}),
  stepIndex: 0,
  canaryWeight: 10,
  analysis: [],
  approvalId: null,
  requestCount: 0,
  failedRequestCount: 0,
  startedBy: 'ana',
  startedAt: '2026-03-02T00:00:00.000Z',
  endedAt: '2026-03-03T00:00:00.000Z',
  eventTimeStart: null,
  eventTimeEnd: null,
  history: [],
  ...changes,
})

/** What a step sends for an artifact, with nothing that is not needed. */
export const newVersion = (
  artifact: { digest: string; sizeBytes: number },
  changes: Partial<NewModelVersion> = {},
): NewModelVersion => ({
  artifact: { ...artifact, format: 'onnx' },
  golden: null,
  metrics: { auc: 0.73 },
  params: { trees: 100 },
  evaluation: null,
  baselines: [],
  lineage: {
    runId: null,
    pipeline: null,
    trigger: null,
    datasets: [],
    featureViews: [],
    trainedFrom: '2001-01-01T00:00:00.000Z',
    trainedUntil: '2001-02-01T00:00:00.000Z',
    trainingRowCount: 508_239,
    commit: 'abc',
    environment: {},
  },
  card: '# flights\n\nTells which flights will be late.\n',
  ...changes,
})

type Part = readonly [field: number, content: string | number | readonly Part[]]

export interface Tensor {
  readonly name: string
  /** Code of `TensorProto.DataType`. */
  readonly type: number
  /** A length, the name of an open one; no shape at all when absent. */
  readonly shape?: readonly (number | string)[]
}

/** Bytes of an ONNX model that declares these tensors and computes nothing; field numbers are those of onnx.proto. */
export function onnxOf(inputs: readonly Tensor[], outputs: readonly Tensor[], note = ''): Buffer {
  const graph: Part[] = [
    [2, `graph ${note}`],
    ...inputs.map((tensor): Part => [11, valueOf(tensor)]),
    ...outputs.map((tensor): Part => [12, valueOf(tensor)]),
  ]
  return encode([
    [1, 10],
    [7, graph],
    [8, [[2, 21]]],
  ])
}

function valueOf({ name, type, shape }: Tensor): readonly Part[] {
  const dimensions = shape?.map((length): Part => [1, [[typeof length === 'number' ? 1 : 2, length]]])
  const tensor: Part[] = [[1, type], ...(dimensions ? [[2, dimensions] as const] : [])]
  return [
    [1, name],
    [2, [[1, tensor]]],
  ]
}

function encode(parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.map(([field, content]) => encodePart(field, content)))
}

function encodePart(field: number, content: Part[1]): Buffer {
  if (typeof content === 'number') return Buffer.from([...varint(field << 3), ...varint(content)])
  const bytes = typeof content === 'string' ? Buffer.from(content) : encode(content)
  return Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(bytes.length)]), bytes])
}

const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)])
