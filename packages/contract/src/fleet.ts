import { z } from 'zod'
import { Digest, ModelName, Name, Timestamp } from './common.ts'
import { defineEndpoints } from './endpoint.ts'
import { Signature } from './registry.ts'

const ascending = (values: readonly number[]) => values.every((value, i) => i === 0 || value > values[i - 1]!)

/** How hard predictions are recorded: on disk before the answer leaves; within 100 ms; a share of them; not at all. */
export const Recording = z.object({
  mode: z.enum(['durable', 'fast', 'sampled', 'off']).default('durable'),
  sampleShare: z.number().min(0).max(1).default(1),
})
export type Recording = z.infer<typeof Recording>

export const Arm = z.enum(['primary', 'canary', 'baseline'])
export type Arm = z.infer<typeof Arm>

/** Live counters of one arm since the node process started. */
export const ArmCounters = z.object({
  endpoint: Name,
  arm: Arm,
  version: z.int(),
  requests: z.int().nonnegative(),
  errors: z.int().nonnegative(),
  /** Requests by duration over ascending edges; `counts` has one more entry than `edgesMs` for the rest. */
  latency: z
    .object({ edgesMs: z.array(z.number()).max(500), counts: z.array(z.int().nonnegative()).max(501) })
    .refine(({ edgesMs, counts }) => counts.length === edgesMs.length + 1, 'give one count more than edges')
    .refine(({ edgesMs }) => ascending(edgesMs), 'give the edges in ascending order'),
})
export type ArmCounters = z.infer<typeof ArmCounters>

export const NodeStatus = z.object({
  node: Name,
  environments: z.array(Name),
  generation: z.int(),
  live: z.boolean(),
  lastSeenAt: Timestamp,
  loaded: z.array(
    z.object({ endpoint: Name, version: z.int(), digest: Digest, loadedAt: Timestamp, selfTestHash: z.string() }),
  ),
  problem: z.string().nullable(),
  memoryBytes: z.int(),
})
export type NodeStatus = z.infer<typeof NodeStatus>

/** What a node must serve. Signed: `signature` is Ed25519 over the canonical JSON of everything else. */
export const DesiredState = z.object({
  environment: Name,
  /** Only grows. */
  generation: z.int(),
  endpoints: z.array(
    z.object({
      name: Name,
      model: ModelName,
      signature: Signature,
      recording: Recording,
      featureViews: z.array(Name),
      /** Weights in hundredths of a percent; they sum to 10,000. Sticky by hash of salt and unit id. */
      salt: z.string(),
      arms: z.array(z.object({ arm: Arm, version: z.int(), weight: z.int() })),
      /** While a rollout runs: score each prediction with this pair of versions, after the answer left. */
      paired: z.object({ candidate: z.int(), champion: z.int(), share: z.number() }).nullable(),
      rolloutId: z.string().nullable(),
    }),
  ),
  /** Everything a node must hold, the versions of old arms for roll-back included. */
  artifacts: z.array(
    z.object({
      model: ModelName,
      version: z.int(),
      digest: Digest,
      sizeBytes: z.int(),
      golden: Digest.nullable(),
      path: z.string(),
    }),
  ),
  keyId: z.string(),
  signature: z.string(),
})
export type DesiredState = z.infer<typeof DesiredState>

export const Ack = z.object({
  node: Name,
  environment: Name,
  generation: z.int(),
  stage: z.enum(['received', 'loaded', 'serving', 'refused']),
  reason: z.enum(['digest', 'signature', 'disk', 'memory', 'load', 'selftest', 'unsupported']).nullable().default(null),
  detail: z.string().max(2000).default(''),
  url: z.string().default(''),
  status: NodeStatus.nullable().default(null),
})
export type Ack = z.infer<typeof Ack>

/** What inference nodes call. */
export const fleet = defineEndpoints({
  follow: {
    method: 'GET',
    path: '/api/v1/fleet/{environment}/desired',
    summary: 'For nodes: the desired state now, then each change.',
    access: 'fleet:read',
    params: z.object({ environment: Name }),
    query: z.object({ node: Name }),
    success: { status: 200, events: DesiredState },
    errors: [],
  },
  publicKey: {
    method: 'GET',
    path: '/api/v1/fleet/public-key',
    summary: 'The key that desired states are signed with.',
    access: 'fleet:read',
    success: { status: 200, body: z.object({ keyId: z.string(), publicKeyPem: z.string() }) },
    errors: [],
  },
  acknowledge: {
    method: 'POST',
    path: '/api/v1/fleet/acks',
    summary: 'For nodes: what became of a desired state.',
    access: 'fleet:write',
    body: Ack,
    success: { status: 200, body: z.object({}) },
    errors: [],
  },
  report: {
    method: 'POST',
    path: '/api/v1/fleet/reports',
    summary: 'For nodes: live counters, each second.',
    access: 'fleet:write',
    body: z.object({
      node: Name,
      /** New for each process, so that counters that start again are told apart. */ bootId: z.string(),
      url: z.string(),
      status: NodeStatus,
      arms: z.array(ArmCounters),
    }),
    success: { status: 200, body: z.object({}) },
    errors: [],
  },
})
