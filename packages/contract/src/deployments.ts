import { z } from 'zod'
import { EventBase, EventTime, ModelName, Name, NamedQuery, PageQuery, Timestamp, pageOf } from './common.ts'
import { defineEndpoints, defineErrors, defineEvents } from './endpoint.ts'
import { Arm, NodeStatus, Recording } from './fleet.ts'

export * from './fleet.ts'

const ascending = (values: readonly number[]) => values.every((value, i) => i === 0 || value > values[i - 1]!)

const planFields = {
  /** Canary weights in percent, ascending; the baseline arm gets the same share. Empty: switch at once. */
  steps: z.array(z.number().min(0.01).max(50)).max(20).refine(ascending, 'give the weights in ascending order'),
  /** Chance of calling a good version worse, over the whole rollout and however often one looks. */
  alpha: z.number().positive().max(0.2),
  /** Chance of calling a version that is worse by the margin not worse, per check. */
  beta: z.number().positive().max(0.2),
  /** Error and slow-request share that is acceptable in any case. */
  ceilingShare: z.number().positive().max(0.5),
  /** A request slower than this counts as slow. */
  slowMs: z.number().positive(),
  /** Log loss (nats per prediction) by which the new version may be worse. */
  qualityMargin: z.number().positive(),
  minUnitsPerStep: z.int().nonnegative(),
  /** Pause and ask a person when a step is undecided after so much event time. */
  stepLimitDays: z.number().positive(),
  /** Roll back at once above this share of errors (of at least 20 requests). */
  hardErrorShare: z.number().positive().max(1),
}

/** How a new version takes over. Fixed when the rollout starts and stored with it. */
export const RolloutPlan = z.object({
  steps: planFields.steps.default([10]),
  alpha: planFields.alpha.default(0.01),
  beta: planFields.beta.default(0.05),
  ceilingShare: planFields.ceilingShare.default(0.02),
  slowMs: planFields.slowMs.default(100),
  qualityMargin: planFields.qualityMargin.default(0.01),
  minUnitsPerStep: planFields.minUnitsPerStep.default(300),
  stepLimitDays: planFields.stepLimitDays.default(21),
  hardErrorShare: planFields.hardErrorShare.default(0.5),
})
export type RolloutPlan = z.infer<typeof RolloutPlan>

/** What one rollout does differently. `RolloutPlan.partial()` would fill the rest with defaults instead of leaving it out. */
export const RolloutPlanChange = z.object(planFields).partial()

export const RolloutState = z.enum([
  'awaiting_approval',
  'loading',
  'canary',
  'paused',
  'promoting',
  'succeeded',
  'rolling_back',
  'rolled_back',
  'failed',
  'declined',
])
export type RolloutState = z.infer<typeof RolloutState>

/** Legal moves of a rollout. */
export const rolloutMoves = {
  awaiting_approval: ['loading', 'declined'],
  loading: ['canary', 'promoting', 'failed', 'rolling_back'],
  canary: ['canary', 'paused', 'promoting', 'rolling_back'],
  paused: ['canary', 'promoting', 'rolling_back'],
  promoting: ['succeeded', 'rolling_back', 'failed'],
  rolling_back: ['rolled_back'],
  succeeded: [],
  rolled_back: [],
  failed: [],
  declined: [],
} as const satisfies Record<RolloutState, readonly RolloutState[]>

const rolloutRules = {
  promote: { states: ['canary', 'paused'], otherwise: 'Only a canary that runs or is paused can be promoted.' },
  abort: {
    states: ['awaiting_approval', 'loading', 'canary', 'paused'],
    otherwise: 'The rollout is over; roll back to another version instead.',
  },
} as const satisfies Record<string, { states: readonly RolloutState[]; otherwise: string }>

/** The reason why an action is not open to a rollout in this state, or `undefined` when it is. */
export function whyNotRollout(action: keyof typeof rolloutRules, state: RolloutState): string | undefined {
  const rule: { readonly states: readonly RolloutState[]; readonly otherwise: string } = rolloutRules[action]
  return rule.states.includes(state) ? undefined : rule.otherwise
}

export const Verdict = z.enum(['worse', 'not_worse', 'not_enough_data'])
export type Verdict = z.infer<typeof Verdict>

/** One question of the canary analysis and its present answer. */
export const CanaryCheck = z.object({
  name: z.enum(['errors', 'latency', 'quality', 'scores', 'split']),
  /** A dry-run check is computed and shown, and decides nothing. */
  decides: z.boolean(),
  verdict: Verdict,
  canary: z.string(),
  baseline: z.string(),
  difference: z.number().nullable(),
  interval: z.object({ low: z.number(), high: z.number() }).nullable(),
  /** Evidence against "not worse than" so far, and what it takes to decide. */
  evidence: z.number().nullable(),
  needed: z.number().nullable(),
  unitCount: z.int(),
  /** In words, e.g. "not enough data yet: 212 of about 900 flights". */
  says: z.string(),
})
export type CanaryCheck = z.infer<typeof CanaryCheck>

export const Rollout = z
  .object({
    id: z.string(),
    endpoint: Name,
    environment: Name,
    model: ModelName,
    fromVersion: z.int().nullable(),
    toVersion: z.int(),
    state: RolloutState,
    says: z.string(),
    plan: RolloutPlan,
    stepIndex: z.int(),
    canaryWeight: z.number(),
    analysis: z.array(CanaryCheck),
    approvalId: z.string().nullable(),
    requestCount: z.int(),
    failedRequestCount: z.int(),
    startedBy: z.string(),
    startedAt: Timestamp,
    endedAt: Timestamp.nullable(),
    eventTimeStart: EventTime.nullable(),
    eventTimeEnd: EventTime.nullable(),
    /** Every move with its time and reason. */
    history: z.array(z.object({ at: Timestamp, state: RolloutState, says: z.string(), by: z.string() })),
  })
  .meta({ id: 'Rollout' })
export type Rollout = z.infer<typeof Rollout>

export const EndpointView = z
  .object({
    name: Name,
    environment: Name,
    model: ModelName,
    description: z.string(),
    featureViews: z.array(Name),
    recording: Recording,
    version: z.int().nullable(),
    previousVersion: z.int().nullable(),
    arms: z.array(z.object({ arm: Arm, version: z.int(), weight: z.number() })),
    rollout: Rollout.nullable(),
    generation: z.int(),
    nodes: z.array(NodeStatus),
    /** Requests, errors and quantiles of the last minutes, over all nodes. */
    traffic: z.object({
      requests: z.int(),
      errors: z.int(),
      requestsPerSecond: z.number(),
      p50Ms: z.number().nullable(),
      p95Ms: z.number().nullable(),
      p99Ms: z.number().nullable(),
    }),
    /** Inference URL of the first live node. */
    url: z.string().nullable(),
    createdAt: Timestamp,
  })
  .meta({ id: 'Endpoint' })
export type EndpointView = z.infer<typeof EndpointView>

export const TrafficPoint = z.object({
  at: Timestamp,
  arm: Arm,
  version: z.int(),
  requests: z.int(),
  errors: z.int(),
  p50Ms: z.number(),
  p99Ms: z.number(),
})
export type TrafficPoint = z.infer<typeof TrafficPoint>

export const deploymentsErrors = defineErrors({
  'deployments.endpoint_not_found': {
    status: 404,
    message: 'No such endpoint.',
    fix: 'Create it with PUT /api/v1/endpoints/{endpoint}.',
    details: z.object({ endpoint: z.string() }),
  },
  'deployments.endpoint_in_use': {
    status: 409,
    message: 'The endpoint serves a model already, or is about to; its model and environment stay.',
    fix: 'Create another endpoint under a new name.',
    details: z.object({ endpoint: z.string(), model: z.string(), environment: z.string() }),
  },
  'deployments.rollout_not_found': {
    status: 404,
    message: 'No such rollout.',
    fix: 'List them with: evenkeel api GET /api/v1/endpoints/ENDPOINT/rollouts.',
    details: z.object({ rollout: z.string() }),
  },
  'deployments.rollout_running': {
    status: 409,
    message: 'Another rollout of this endpoint is running.',
    fix: 'Wait for it, or abort it with a reason.',
    details: z.object({ endpoint: z.string(), rollout: z.string() }),
  },
  'deployments.wrong_state': {
    status: 409,
    message: 'The rollout is not in a state that allows this.',
    fix: 'Read the reason in the details.',
    details: z.object({ rollout: z.string(), state: RolloutState, reason: z.string() }),
  },
  'deployments.not_passed': {
    status: 409,
    message: 'The version has not passed its gate.',
    fix: 'Read the gate of the version; retrain, or override the gate with a reason.',
    details: z.object({ model: z.string(), version: z.int(), reason: z.string() }),
  },
  'deployments.nothing_to_roll_back': {
    status: 409,
    message: 'The endpoint has served no other version.',
    fix: 'Deploy the version you want.',
    details: z.object({ endpoint: z.string() }),
  },
})

export const deploymentsEvents = defineEvents({
  'deployments.rollout_changed': EventBase.extend({
    rolloutId: z.string(),
    endpoint: Name,
    model: ModelName,
    version: z.int(),
    state: RolloutState,
  }),
  'deployments.rollout_ended': EventBase.extend({
    rolloutId: z.string(),
    endpoint: Name,
    environment: Name,
    model: ModelName,
    version: z.int(),
    state: RolloutState,
    eventTime: EventTime.nullable(),
  }),
  'deployments.endpoint_changed': EventBase.extend({ endpoint: Name }),
})

const one = z.object({ endpoint: Name })
const oneRollout = z.object({ rollout: z.string().max(64) })
const Reason = z.object({ reason: z.string().min(3).max(1000) })

export const deployments = defineEndpoints({
  list: {
    method: 'GET',
    path: '/api/v1/endpoints',
    summary: 'List endpoints by name.',
    access: 'deployments:read',
    query: NamedQuery.extend({ model: ModelName.optional() }),
    success: { status: 200, body: pageOf(EndpointView) },
    errors: [],
  },
  get: {
    method: 'GET',
    path: '/api/v1/endpoints/{endpoint}',
    summary: 'Read an endpoint.',
    access: 'deployments:read',
    params: one,
    success: { status: 200, body: EndpointView },
    errors: ['deployments.endpoint_not_found'],
  },
  put: {
    method: 'PUT',
    path: '/api/v1/endpoints/{endpoint}',
    summary: 'Write an endpoint: where it lives, whose model it serves, how it records.',
    access: 'deployments:write',
    params: one,
    body: z.object({
      environment: Name,
      model: ModelName,
      description: z.string().max(500).default(''),
      featureViews: z.array(Name).default([]),
      recording: Recording.default({ mode: 'durable', sampleShare: 1 }),
      /** Deploy each version that passes its gate by itself (the environment's approval still applies). */
      autoDeploy: z.boolean().default(false),
      plan: RolloutPlan.prefault({}),
    }),
    success: { status: 200, body: EndpointView },
    errors: ['deployments.endpoint_in_use'],
  },
  deploy: {
    method: 'POST',
    path: '/api/v1/endpoints/{endpoint}/rollouts',
    summary: 'Deploy a version: ask for approval where the policy says so, then canary, then promote.',
    access: 'deployments:write',
    params: one,
    body: z.object({
      version: z.int().positive(),
      comment: z.string().max(1000).default(''),
      /** Differences from the plan of the endpoint. */
      plan: RolloutPlanChange.default({}),
    }),
    success: { status: 201, body: Rollout },
    errors: [
      'deployments.endpoint_not_found',
      'deployments.rollout_running',
      'deployments.not_passed',
      'registry.version_not_found',
    ],
  },
  listRollouts: {
    method: 'GET',
    path: '/api/v1/endpoints/{endpoint}/rollouts',
    summary: 'List rollouts, newest first.',
    access: 'deployments:read',
    params: one,
    query: PageQuery,
    success: { status: 200, body: pageOf(Rollout) },
    errors: ['deployments.endpoint_not_found'],
  },
  getRollout: {
    method: 'GET',
    path: '/api/v1/rollouts/{rollout}',
    summary: 'Read a rollout with its analysis.',
    access: 'deployments:read',
    params: oneRollout,
    success: { status: 200, body: Rollout },
    errors: ['deployments.rollout_not_found'],
  },
  promote: {
    method: 'POST',
    path: '/api/v1/rollouts/{rollout}/promote',
    summary: 'Promote a canary by hand; audited with the numbers on screen.',
    access: 'deployments:write',
    params: oneRollout,
    body: Reason,
    success: { status: 200, body: Rollout },
    errors: ['deployments.rollout_not_found', 'deployments.wrong_state'],
  },
  abort: {
    method: 'POST',
    path: '/api/v1/rollouts/{rollout}/abort',
    summary: 'Abort a rollout; all traffic goes back.',
    access: 'deployments:write',
    params: oneRollout,
    body: Reason,
    success: { status: 200, body: Rollout },
    errors: ['deployments.rollout_not_found', 'deployments.wrong_state'],
  },
  rollback: {
    method: 'POST',
    path: '/api/v1/endpoints/{endpoint}/rollback',
    summary: 'Go back to the version served before (or to an earlier one), at once; a running rollout is ended by it.',
    access: 'deployments:write',
    params: one,
    body: Reason.extend({ version: z.int().positive().optional() }),
    success: { status: 200, body: Rollout },
    errors: ['deployments.endpoint_not_found', 'deployments.nothing_to_roll_back', 'deployments.rollout_running'],
  },
  traffic: {
    method: 'GET',
    path: '/api/v1/endpoints/{endpoint}/traffic',
    summary: 'Requests, errors and latency per arm over time, at most 1,500 points.',
    access: 'deployments:read',
    params: one,
    success: { status: 200, body: z.object({ items: z.array(TrafficPoint) }) },
    errors: ['deployments.endpoint_not_found'],
  },
})
