import {
  type Approval,
  type EndpointView,
  type LoopRow,
  type ModelVersion,
  type Pipeline,
  PipelineSpec,
  type Rollout,
  RolloutPlan,
  type Run,
  type RunStep,
  StationName,
} from '@evenkeel/contract'

const AT = '2026-03-02T00:00:00.000Z'
const DIGEST = `sha256:${'0'.repeat(64)}`

/** A rollout of version 7 of `churn` that needs no approval and has just begun. */
export const rolloutOf = (changes: Partial<Rollout> = {}): Rollout => ({
  id: 'r1',
  endpoint: 'churn-live',
  environment: 'production',
  model: 'churn',
  fromVersion: 6,
  toVersion: 7,
  state: 'loading',
  says: 'Nodes load version 7.',
  plan: RolloutPlan.parse({}),
  stepIndex: 0,
  canaryWeight: 0,
  analysis: [],
  approvalId: null,
  requestCount: 0,
  failedRequestCount: 0,
  startedBy: 'ana',
  startedAt: AT,
  endedAt: null,
  eventTimeStart: null,
  eventTimeEnd: null,
  history: [],
  ...changes,
})

export const endpointOf = (changes: Partial<EndpointView> = {}): EndpointView => ({
  name: 'churn-live',
  environment: 'production',
  model: 'churn',
  description: '',
  featureViews: [],
  recording: { mode: 'durable', sampleShare: 1 },
  version: 6,
  previousVersion: 5,
  arms: [{ arm: 'primary', version: 6, weight: 100 }],
  rollout: null,
  generation: 1,
  nodes: [],
  traffic: { requests: 0, errors: 0, requestsPerSecond: 0, p50Ms: null, p95Ms: null, p99Ms: null },
  url: null,
  createdAt: AT,
  ...changes,
})

export const approvalOf = (changes: Partial<Approval> = {}): Approval => ({
  id: 'a1b2',
  state: 'pending',
  model: 'churn',
  version: 7,
  environment: 'production',
  digest: DIGEST,
  requestedBy: 'ana',
  comment: '',
  evidence: ['AUC 0.81 on 20,000 rows.'],
  decidedBy: null,
  reason: null,
  requestedAt: AT,
  decidedAt: null,
  expiresAt: AT,
  ...changes,
})

export const versionOf = (changes: Partial<ModelVersion> = {}): ModelVersion => ({
  model: 'churn',
  version: 7,
  stage: 'passed',
  aliases: [],
  artifact: { digest: DIGEST, sizeBytes: 1, format: 'onnx' },
  golden: null,
  signature: { inputs: [], outputs: [] },
  metrics: {},
  params: {},
  evaluation: null,
  gate: null,
  canary: null,
  baselines: [],
  lineage: {
    runId: null,
    pipeline: null,
    trigger: null,
    datasets: [],
    featureViews: [],
    trainedFrom: null,
    trainedUntil: null,
    trainingRowCount: null,
    commit: 'abc',
    environment: {},
  },
  card: '',
  createdAt: AT,
  createdBy: 'ana',
  ...changes,
})

/** `churn`, whose version 7 waits for approval. */
export const loopRowOf = (changes: Partial<LoopRow> = {}): LoopRow => ({
  model: 'churn',
  owner: 'ana',
  endpoint: 'churn-live',
  liveVersion: 6,
  stations: StationName.options.map((name) => ({
    name,
    state: name === 'approve' ? 'attention' : 'idle',
    label: name === 'approve' ? 'waits for you' : '',
    says: '',
    at: null,
    link: null,
  })),
  requestsPerSecond: 0,
  predictionCount: 0,
  performance: [],
  eventTime: null,
  worst: 'attention',
  next: { says: 'Decide on version 7.', command: 'evenkeel approve accept a1b2 --reason "…"', link: null },
  turns: [],
  ...changes,
})

export const specOf = (changes: Partial<PipelineSpec> = {}): PipelineSpec => ({
  ...PipelineSpec.parse({ params: { lr: 0.1, deep: false, tags: ['a'] }, steps: [{ key: 'train', run: ['true'] }] }),
  ...changes,
})

export const pipelineOf = (changes: Partial<Pipeline> = {}): Pipeline => ({
  name: 'churn',
  version: 3,
  spec: specOf(),
  runCount: 0,
  lastRun: null,
  triggers: [],
  ...changes,
})

export const stepOf = (key: string, state: RunStep['state'], changes: Partial<RunStep> = {}): RunStep => ({
  key,
  state,
  reason: null,
  readyAt: null,
  startedAt: null,
  endedAt: null,
  values: {},
  outputs: {},
  progress: null,
  cache: null,
  needs: [],
  attempts: [],
  ...changes,
})

export const runOf = (changes: Partial<Run> = {}): Run => ({
  id: '01a1fffa-35fa-72e4-a05a-1af90dc4bc12',
  pipeline: 'churn',
  pipelineVersion: 3,
  model: null,
  state: 'queued',
  reason: null,
  trigger: { kind: 'request', says: 'ana asked for it.', eventTime: null },
  params: {},
  commit: 'abc',
  createdBy: 'ana',
  createdAt: AT,
  startedAt: null,
  endedAt: null,
  steps: [stepOf('train', 'pending')],
  ...changes,
})
