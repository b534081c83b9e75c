import { ApprovalSpec, RetryCause } from '@evenkeel/contract'
import { seededRandom } from '@evenkeel/numerics'
import { recordEnd, recordLookUp, recordSilence, recordStart, requestCancel, settle as settleAt } from './apply.ts'
import { recordDecision } from './asking.ts'
import { recordLeft } from './condition.ts'
import { decide as decideAt } from './decide.ts'
import { matrixOf } from './halt.ts'
import { noPlaces } from './places.ts'
import { hasEnded, isLive, type Plan, type PlannedStep, type States, type StepNow } from './states.ts'

type Random = () => number

export const settle = (plan: Plan, states: States, now: number) => settleAt(plan, states, now, places)
export const decide = (plan: Plan, states: States, now: number) => decideAt(plan, states, now, places)

/** Needs nothing, and is tried once. */
export const plainStep: PlannedStep = {
  key: 'train',
  needs: [],
  when: 'success',
  allowFailure: false,
  retries: 0,
  retryOn: RetryCause.options,
  retryDelay: { firstMs: 1000, factor: 2, maxMs: 60_000 },
  timeoutMs: 60_000,
  graceMs: 30_000,
  heartbeatMs: null,
  claims: [],
  maxParallel: null,
  failFast: false,
  matrix: {},
  expand: null,
  approval: null,
}

export const planOf = (steps: readonly PlannedStep[], maxLiveAttempts = 2): Plan => ({
  steps,
  maxLiveAttempts,
  timeoutMs: null,
  concurrency: null,
})

/** As a run is stored before anybody has looked at it. */
export const fresh = ({ steps }: Plan): States => ({
  run: {
    state: 'queued',
    reason: null,
    startedAt: null,
    endedAt: null,
    deadlineAt: null,
    cancel: null,
    params: { n: 2 },
    trigger: 'cron',
  },
  steps: steps.map(({ key }): StepNow => ({
    key,
    state: 'pending',
    reason: null,
    readyAt: null,
    startedAt: null,
    endedAt: null,
    countFrom: 1,
    cache: null,
    wants: [],
    left: null,
    approval: null,
    attempts: [],
  })),
})

/** Settles where no earlier result takes the place of any step. */
export function settleNew(plan: Plan, before: States, now: number) {
  const settled = settle(plan, before, now)
  const first = { code: 'first', says: 'Never ran.', fromRun: null } as const
  const found = settled.lookUps.reduce((sum, key) => recordLookUp(sum, key, first), settled.states)
  return settle(plan, found, now)
}

const whole = (random: Random, below: number) => Math.floor(random() * below)
const pick = <T>(random: Random, items: readonly T[]): T => items[whole(random, items.length)]!

function randomPlan(random: Random): Plan {
  const count = 1 + whole(random, 8)
  const matrix = { maxParallel: 1 + whole(random, 3), failFast: random() < 0.5 }
  const isOfMatrix = Array.from({ length: count }, () => random() < 0.4)
  const keyOf = (at: number) => (isOfMatrix[at] ? `m[n=${at}]` : `s${at}`)
  const steps = Array.from({ length: count }, (_, at): PlannedStep => ({
    ...plainStep,
    key: keyOf(at),
    needs: Array.from({ length: at }, (_, before) => keyOf(before)).filter(() => random() < 0.3),
    when: pick(random, ['success', 'success', 'success', 'failure', 'always', ...conditionsOf(at, keyOf)]),
    allowFailure: random() < 0.2,
    retries: whole(random, 3),
    retryOn: RetryCause.options.filter(() => random() < 0.8),
    timeoutMs: 20_000 + whole(random, 60_000),
    graceMs: 5000,
    heartbeatMs: random() < 0.2 ? 5000 : null,
    claims: Object.keys(limits).flatMap((place) =>
      random() < 0.2 ? [{ place, count: 1, limit: place === 'group db' ? 1 : null }] : [],
    ),
    ...(isOfMatrix[at] && matrix),
    approval: random() < 0.15 ? askAnyone : null,
  }))
  // The order of the spec is nobody's promise: a step may stand before what it needs.
  return {
    steps: steps.toSorted(() => random() - 0.5),
    maxLiveAttempts: 1 + whole(random, 4),
    timeoutMs: random() < 0.2 ? 10_000 + whole(random, 60_000) : null,
    concurrency: null,
  }
}

const capacities = { 'slot gpu': 2, 'slot licence': 1 }
export const limits = { ...capacities, 'group db': 1 }
/** Slots are declared, and no other run has any. */
const places = { ...noPlaces, run: 'r1', capacities }

/** Conditions of a step that has the one before it among its needs, or not: then a value is missing. */
const conditionsOf = (at: number, keyOf: (at: number) => string) =>
  [
    "params.n > 1 && trigger.kind == 'cron'",
    'failure() || params.n > 5',
    'always() && cancelled()',
    `steps.${matrixOf({ key: keyOf(Math.max(0, at - 1)) })}.outputs.v == '1'`,
    `steps.${matrixOf({ key: keyOf(Math.max(0, at - 1)) })}.metrics.auc > 0.5`,
    `steps.${matrixOf({ key: keyOf(Math.max(0, at - 1)) })}.result == 'failure'`,
  ].map((condition) => ({ condition }))

const askAnyone = ApprovalSpec.parse({ expiresSeconds: 90 })

const outcomes = ['ok', 'ok', 'ok', 'ok', 'exit', 'retry_requested', 'config', 'lost', 'output_missing'] as const

const endOf = {
  timeout: 'timeout',
  stalled: 'stalled',
  cancelled: 'cancelled',
  run_timeout: 'cancelled',
  fail_fast: 'cancelled',
} as const

/** What an executor may report about one attempt that lives; sometimes it stays silent. */
function report(random: Random, plan: Plan, states: States, now: number): States {
  const asked = states.steps.find(({ approval }) => approval?.state === 'pending')
  if (asked && random() < 0.2)
    return recordDecision(
      states,
      asked.key,
      pick(random, ['pending', 'approved', 'rejected'] as const),
      'Somebody said.',
    )
  const live = states.steps.flatMap(({ key, attempts }) =>
    attempts.filter(isLive).map((attempt) => ({ step: key, ...attempt })),
  )
  const silent = live.length === 0 || random() < 0.2
  if (silent) return states
  const one = pick(random, live)
  if (one.startedAt === null) return recordStart(states, one, now)
  const { heartbeatMs } = plan.steps.find(({ key }) => key === one.step)!
  if (heartbeatMs !== null && one.stop === null && random() < 0.3) return recordSilence(states, one, now - heartbeatMs)
  const stopped = one.stop && endOf[one.stop.why]
  return recordEnd(states, one, { outcome: stopped ?? pick(random, outcomes), reason: 'So it was.' }, now)
}

const verdicts = ['first', 'first', 'first', 'inputs', 'reused'] as const

const lefts = [
  { values: { v: '1' }, metrics: { auc: 0.7 } },
  { values: { v: '2' }, metrics: { auc: NaN } },
  { values: { other: '' }, metrics: {} },
]

/** Settles, and says of each step that is ready whether an earlier result takes its place. */
function answered(random: Random, plan: Plan, before: States, now: number) {
  for (let states = before; ;) {
    const settled = settle(plan, states, now)
    if (settled.lookUps.length + settled.reads.length === 0) return settled
    states = settled.states
    for (const key of settled.reads) states = recordLeft(states, key, pick(random, lefts))
    for (const key of settled.lookUps)
      states = recordLookUp(states, key, { code: pick(random, verdicts), says: 'So it is.', fromRun: null })
  }
}

/** Lives one run from its start to its end, and shows every state in between. */
export function live(random: Random, plan: Plan, check: (states: States, before: States) => void): States {
  let states = fresh(plan)
  const cancelAt = random() < 0.3 ? whole(random, 60_000) : Infinity
  for (let now = 0, turn = 0; turn < 2000; turn++) {
    const before = states
    if (now >= cancelAt && !hasEnded(states.run)) states = requestCancel(states, 'Somebody had enough.', now)
    const settled = answered(random, plan, states, now)
    states = settled.states
    stateCount++
    check(states, before)
    if (hasEnded(states.run)) return states
    states = report(random, plan, states, now)
    now = random() < 0.5 && settled.wakeAt !== null ? Math.max(now, settled.wakeAt) : now + whole(random, 3000)
  }
  throw new Error(`The run does not end: ${JSON.stringify(states)}`)
}

let stateCount = 0
/** How many states `decide` was asked about. */
export const countStates = (): number => stateCount

/** Runs a check over many seeded plans; a failure names the seed. */
export function forAnyPlan(count: number, check: (random: Random, plan: Plan) => void): void {
  for (let seed = 1; seed <= count; seed++) {
    const random = seededRandom(seed)
    const plan = randomPlan(random)
    try {
      check(random, plan)
    } catch (error) {
      throw new Error(`Plan of seed ${seed}: ${JSON.stringify(plan)}`, { cause: error })
    }
  }
}
