import type { Rollout, RolloutState, Station } from '@evenkeel/contract'
import type { ModelFacts } from './facts.ts'
import { pageOf } from './words.ts'

type Chip = Omit<Station, 'name'>

/** The eight stations of the loop, in their order. */
export function stationsOf(facts: ModelFacts): Station[] {
  return [
    { name: 'data', ...data(facts) },
    { name: 'validate', ...validate(facts) },
    { name: 'train', ...train(facts) },
    { name: 'evaluate', ...evaluate(facts) },
    { name: 'approve', ...approve(facts) },
    { name: 'deploy', ...deploy(facts) },
    { name: 'monitor', ...monitor(facts) },
    { name: 'retrain', ...retrain(facts) },
  ]
}

/** States by how much they need somebody, the most first. */
export const byUrgency = [
  'failed',
  'attention',
  'active',
  'done',
  'idle',
] as const satisfies readonly Station['state'][]

export const worstOf = (stations: readonly Pick<Station, 'state'>[]): Station['state'] =>
  byUrgency.find((state) => stations.some((station) => station.state === state)) ?? 'idle'

const idle = (label: string, says: string): Chip => ({ state: 'idle', label, says, at: null, link: null })

const count = (value: number) => value.toLocaleString('en-US')
const percent = (value: number) => `${Number(value.toFixed(1))} %`

function data({ data: version }: ModelFacts): Chip {
  if (!version) return idle('no data', 'No data has arrived yet.')
  const { dataset, rowCount, eventTimeMax, createdAt } = version
  const until = eventTimeMax ? ` up to ${eventTimeMax.slice(0, 10)}` : ''
  return {
    state: 'done',
    label: `${dataset}@${version.version}`,
    says: `${dataset}@${version.version} arrived with ${count(rowCount)} rows${until}.`,
    at: createdAt,
    link: null,
  }
}

function validate({ data: version }: ModelFacts): Chip {
  if (!version) return idle('nothing yet', 'There is no data to validate.')
  const { state, checks, createdAt: at } = version
  if (state === 'accepted') {
    const says =
      checks.length === 0 ? 'Accepted; no contract asks anything of it.' : `All ${checks.length} checks passed.`
    return { state: 'done', label: 'accepted', says, at, link: null }
  }
  const failed = checks.find(({ status }) => status === 'fail')
  return { state: 'attention', label: 'refused', says: failed?.says ?? 'The contract was not met.', at, link: null }
}

function train({ pipeline, versions, model }: ModelFacts): Chip {
  const run = pipeline?.lastRun
  const newest = versions[0]
  if (!run) {
    if (!newest)
      return idle('no run yet', pipeline ? `Pipeline ${pipeline.name} has not run yet.` : 'No pipeline trains it.')
    const says = `Version ${newest.version} was trained elsewhere and registered by ${newest.createdBy}.`
    return { state: 'done', label: `v${newest.version}`, says, at: newest.createdAt, link: pageOf(model) }
  }
  const at = run.endedAt ?? run.startedAt ?? run.createdAt
  const link = pageOf(model)
  switch (run.state) {
    case 'queued':
    case 'running':
    case 'waiting': {
      const step = run.steps.find(({ state }) => state === 'running')
      const doing = step?.progress ? `${step.key}: ${step.progress.says}` : (step?.key ?? run.state)
      return { state: 'active', label: 'training', says: `Run ${run.id}: ${doing}. ${run.trigger.says}`, at, link }
    }
    case 'succeeded':
      return { state: 'done', label: newest ? `v${newest.version}` : 'trained', says: run.trigger.says, at, link }
    case 'failed':
      return {
        state: 'failed',
        label: 'run failed',
        says: `Run ${run.id} failed: ${run.reason ?? 'see its log'}.`,
        at,
        link,
      }
    case 'cancelled':
      return { state: 'attention', label: 'cancelled', says: `Run ${run.id} was cancelled.`, at, link }
  }
}

function evaluate({ versions, model }: ModelFacts): Chip {
  const newest = versions[0]
  if (!newest?.gate) return idle('nothing yet', 'No version has come to its gate yet.')
  const { passed, override, says, decidedAt: at } = newest.gate
  const link = `${pageOf(model)}/versions/${newest.version}`
  if (passed) return { state: 'done', label: 'gate passed', says, at, link }
  if (override)
    return { state: 'done', label: 'overridden', says: `${override.by}: ${override.reason}`, at: override.at, link }
  return { state: 'attention', label: 'gate refused', says, at, link }
}

function approve({ approvals, rollouts, endpoint }: ModelFacts): Chip {
  const link = endpoint ? `/deployments/${endpoint.name}` : null
  const [pending] = approvals
  if (pending) {
    const says = `Version ${pending.version} waits for approval to ${pending.environment}, asked for by ${pending.requestedBy}.`
    return { state: 'attention', label: 'waits for you', says, at: pending.requestedAt, link }
  }
  const newest = rollouts.find(({ approvalId }) => approvalId !== null)
  if (!newest) return idle('not asked', 'No rollout has asked for approval.')
  const at = newest.startedAt
  if (newest.state === 'declined') return { state: 'attention', label: 'declined', says: newest.says, at, link }
  return {
    state: 'done',
    label: 'approved',
    says: `Version ${newest.toVersion} was let into ${newest.environment}.`,
    at,
    link,
  }
}

const labels: Readonly<Record<RolloutState, string>> = {
  awaiting_approval: 'waits',
  loading: 'loading',
  canary: 'canary',
  paused: 'paused',
  promoting: 'promoting',
  succeeded: 'live',
  rolling_back: 'going back',
  rolled_back: 'rolled back',
  failed: 'failed',
  declined: 'declined',
}

const rolloutStates: Readonly<Record<RolloutState, Station['state']>> = {
  awaiting_approval: 'idle',
  loading: 'active',
  canary: 'active',
  paused: 'attention',
  promoting: 'active',
  succeeded: 'done',
  rolling_back: 'active',
  rolled_back: 'attention',
  failed: 'failed',
  declined: 'idle',
}

function deploy({ endpoint, rollouts }: ModelFacts): Chip {
  if (!endpoint) return idle('no endpoint', 'No endpoint serves this model.')
  const link = `/deployments/${endpoint.name}`
  const newest = rollouts[0]
  if (!newest) return { ...idle('not deployed', `Nothing has been deployed to ${endpoint.name}.`), link }
  const live = endpoint.version === null ? 'No version is live.' : `Version ${endpoint.version} is live.`
  return {
    state: rolloutStates[newest.state],
    label: labelOf(newest),
    says:
      newest.state === 'succeeded' ? `${live} ${newest.says}` : `Version ${newest.toVersion}: ${newest.says} ${live}`,
    at: newest.endedAt ?? newest.startedAt,
    link,
  }
}

function labelOf({ state, canaryWeight, toVersion }: Rollout): string {
  if (state === 'canary') return `canary ${percent(canaryWeight)}`
  return state === 'succeeded' ? `v${toVersion} live` : labels[state]
}

function monitor({ monitor: watched, incidents }: ModelFacts): Chip {
  if (!watched) return idle('not watched', 'No monitor watches it.')
  const link = `/monitors/${watched.name}`
  const at = watched.latest?.computedAt ?? null
  const open = incidents.find((incident) => incident.monitor === watched.name)
  if (open) return { state: 'attention', label: open.kind.replace('_', ' '), says: open.title, at: open.openedAt, link }
  if (watched.status === 'no_data' || !watched.latest) {
    return {
      ...idle('no window yet', `${count(watched.recordCount)} predictions so far; no window is complete.`),
      link,
    }
  }
  const auc = watched.latest.performance.auc
  const label = auc === null ? 'healthy' : `AUC ${auc.toFixed(3)}`
  return { state: 'done', label, says: watched.latest.performance.says, at, link }
}

function retrain({ pipeline, firings, model }: ModelFacts): Chip {
  if (!pipeline) return idle('no pipeline', 'No pipeline can retrain it.')
  const link = pageOf(model)
  const run = pipeline.lastRun
  const byItself = run && run.trigger.kind !== 'request' && run.trigger.kind !== 'backfill'
  if (run && byItself && ['queued', 'running', 'waiting'].includes(run.state)) {
    return { state: 'active', label: 'retraining', says: run.trigger.says, at: run.createdAt, link }
  }
  const [last] = firings
  if (last) {
    const label = last.outcome === 'started' ? `after ${last.kind}` : 'skipped'
    return { state: last.outcome === 'started' ? 'done' : 'idle', label, says: last.says, at: last.firedAt, link }
  }
  const armed = pipeline.triggers.filter(({ spec }) => spec.enabled)
  if (armed.length === 0) return idle('by hand', 'No trigger retrains it.')
  const says = `Retrains on ${armed.map(({ spec }) => (spec.on.kind === 'schedule' ? `each ${spec.on.every}` : 'decay')).join(' and ')}.`
  return { ...idle('armed', says), link }
}
