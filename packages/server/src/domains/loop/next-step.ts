import type { LoopRow, NeedsYou } from '@evenkeel/contract'
import type { z } from 'zod'
import type { ModelFacts, PipelineRequests } from './facts.ts'
import { endpointNameOf, pageOf, quoted, word } from './words.ts'

export type NextStep = LoopRow['next']
export type Need = z.infer<typeof NeedsYou>

const mostNeeds = 5

/** What waits for a person in this model, the most urgent first. */
export function needsOf(facts: ModelFacts): Need[] {
  const { approvals, rollouts, incidents, pipeline, endpoint, model } = facts
  const deployment = endpoint ? `/deployments/${endpoint.name}` : pageOf(model)
  const paused = rollouts.filter(({ state }) => state === 'paused')
  const failed = pipeline?.lastRun?.state === 'failed' ? [pipeline.lastRun] : []
  return [
    ...approvals.map(({ id, version, environment, evidence }): Need => ({
      kind: 'approval',
      says: [`Decide on ${model}@${version} for ${environment}.`, ...evidence.slice(0, 1)].join(' '),
      link: deployment,
      command: `evenkeel approve accept ${id} --reason "the evidence is sound"`,
    })),
    ...needsOfPipelines(facts),
    ...paused.map((rollout): Need => ({
      kind: 'rollout',
      says: `The canary of ${model}@${rollout.toVersion} is undecided: ${rollout.says}`,
      link: `/deployments/${rollout.endpoint}`,
      command: `evenkeel promote ${rollout.endpoint} --reason "decided by hand"`,
    })),
    ...incidents.map(({ title, monitor, fix }): Need => ({
      kind: 'incident',
      says: title,
      link: `/monitors/${monitor}`,
      command: fix.find(({ recommended }) => recommended)?.command ?? null,
    })),
    ...failed.map((run): Need => ({
      kind: 'run',
      says: `Run ${run.id} of ${run.pipeline} failed: ${run.reason ?? 'see its log'}.`,
      link: `/runs/${run.id}`,
      command: `evenkeel run retry ${run.id}`,
    })),
  ]
}

/** What waits for a person in pipelines. */
export const needsOfPipelines = ({ stepApprovals, promotionApprovals }: PipelineRequests): Need[] => [
  ...stepApprovals.map(({ id, pipeline: name, step, message }): Need => ({
    kind: 'approval',
    says: `Decide on the step ${step} of ${name}.${message ? ` ${message}` : ''}`,
    link: `/approvals/${id}`,
    command: `evenkeel approve accept ${id} --reason "the evidence is sound"`,
  })),
  ...promotionApprovals.map(({ id, pipeline: name, version, environment, requestedBy }): Need => ({
    kind: 'approval',
    says: `Decide on ${name}@${version} for ${environment}, which ${requestedBy} asked for.`,
    link: `/approvals/${id}`,
    command: `evenkeel approve accept ${id} --reason "the evidence is sound"`,
  })),
]

const urgency: readonly Need['kind'][] = ['approval', 'rollout', 'incident', 'run']

/** The few most urgent needs of all models. */
export const mostUrgent = (needs: readonly Need[]): Need[] =>
  needs.toSorted((a, b) => urgency.indexOf(a.kind) - urgency.indexOf(b.kind)).slice(0, mostNeeds)

/** What to do next with one model: what waits for a person, else what would move it on, else nothing. */
export function nextStep(facts: ModelFacts): NextStep {
  const [need] = needsOf(facts)
  if (need) return { says: need.says, command: need.command, link: need.link }
  return moving(facts) ?? refusedData(facts) ?? deployable(facts) ?? missing(facts) ?? nothing(facts)
}

function moving({ pipeline, rollouts }: ModelFacts): NextStep | undefined {
  const run = pipeline?.lastRun
  if (run && ['queued', 'running', 'waiting'].includes(run.state)) {
    return { says: `Nothing: run ${run.id} is training a version.`, command: null, link: `/runs/${run.id}` }
  }
  const rollout = rollouts.find(({ state }) => ['loading', 'canary', 'promoting', 'rolling_back'].includes(state))
  if (!rollout) return undefined
  const says = `Nothing: version ${rollout.toVersion} is being rolled out. ${rollout.says}`
  return { says, command: null, link: `/deployments/${rollout.endpoint}` }
}

function refusedData({ data }: ModelFacts): NextStep | undefined {
  if (data?.state !== 'refused') return undefined
  const says = `Correct ${data.dataset}@${data.version} at its source and send it again: ${
    data.checks.find(({ status }) => status === 'fail')?.says ?? 'the contract was not met'
  }`
  return { says, command: `evenkeel api GET /api/v1/datasets/${data.dataset}/versions/${data.version}`, link: null }
}

/** A newer version that passed its gate and was not sent back by a canary. */
function deployable({ versions, endpoint, model }: ModelFacts): NextStep | undefined {
  const live = endpoint?.version ?? 0
  const ready = versions.find(({ version, stage, canary }) => version > live && stage === 'passed' && canary === null)
  if (!ready || !endpoint) return undefined
  return {
    says: `Deploy ${model}@${ready.version}: it passed its gate.`,
    command: `evenkeel deploy ${word(`${model}@${ready.version}`)} --endpoint ${endpoint.name}`,
    link: `${pageOf(model)}/versions/${ready.version}`,
  }
}

/** A part of the loop that nobody has set up yet. */
function missing({ versions, pipeline, endpoint, monitor, model }: ModelFacts): NextStep | undefined {
  if (versions.length === 0) {
    if (!pipeline)
      return { says: `Register a version of ${model}, or write a pipeline that makes one.`, command: null, link: null }
    const command = `evenkeel api POST /api/v1/pipelines/${pipeline.name}/runs '{}'`
    return { says: `Train the first version with pipeline ${pipeline.name}.`, command, link: null }
  }
  if (versions.every(({ artifact }) => artifact === null)) {
    const says = `Export ${model} to ONNX and register it: so far it has only other files, which cannot be served.`
    return { says, command: null, link: pageOf(model) }
  }
  if (!endpoint) {
    const body = quoted(JSON.stringify({ environment: 'production', model }))
    return {
      says: `Give ${model} an endpoint.`,
      command: `evenkeel api PUT /api/v1/endpoints/${endpointNameOf(model)} ${body}`,
      link: pageOf(model),
    }
  }
  if (monitor || endpoint.version === null) return undefined
  const body = {
    endpoint: endpoint.name,
    origin: `${endpoint.createdAt.slice(0, 10)}T00:00:00Z`,
    performance: { atLeast: 0.7 },
  }
  return {
    says: `Watch ${endpoint.name}: nothing tells when it decays.`,
    command: `evenkeel api PUT /api/v1/monitors/${endpoint.name} '${JSON.stringify(body)}'`,
    link: `/deployments/${endpoint.name}`,
  }
}

function nothing({ endpoint, versions, model }: ModelFacts): NextStep {
  if (endpoint && endpoint.version !== null) {
    return {
      says: `Nothing: version ${endpoint.version} serves, and all is well.`,
      command: null,
      link: `/deployments/${endpoint.name}`,
    }
  }
  const newest = versions[0]
  return {
    says: `Train a better version: ${newest?.gate?.says ?? 'none has passed its gate'}`,
    command: newest ? `evenkeel open ${word(model)}` : null,
    link: newest ? `${pageOf(model)}/versions/${newest.version}` : null,
  }
}
