import type {
  AnyApproval,
  Approval,
  DatasetVersion,
  EndpointView,
  Firing,
  Incident,
  Model,
  ModelVersion,
  Monitor,
  MonitorWindow,
  Pipeline,
  Rollout,
  PromotionApproval,
  StepApproval,
} from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import type { LoopDeps } from './deps.ts'

/** How much of each history a row shows. */
const shown = { versions: 12, rollouts: 10, windows: 60, firings: 5, incidents: 100, approvals: 100 }

/** All that the loop knows of one model. Lists are newest first; what is not there yet is undefined or empty. */
export interface ModelFacts {
  readonly model: string
  readonly owner: string
  readonly versions: readonly ModelVersion[]
  /** The pipeline that makes its versions. */
  readonly pipeline: Pipeline | undefined
  readonly firings: readonly Firing[]
  /** The newest version of the dataset that it learns from. */
  readonly data: DatasetVersion | undefined
  /** Where it serves: in production, if it does. */
  readonly endpoint: EndpointView | undefined
  readonly rollouts: readonly Rollout[]
  readonly monitor: Monitor | undefined
  readonly windows: readonly MonitorWindow[]
  /** Open ones. */
  readonly incidents: readonly Incident[]
  /** Pending ones of its versions. */
  readonly approvals: readonly Approval[]
  /** Steps of its pipeline that wait for people. */
  readonly stepApprovals: readonly StepApproval[]
  readonly promotionApprovals: readonly PromotionApproval[]
}

/** What waits for people in pipelines. */
export type PipelineRequests = Pick<ModelFacts, 'stepApprovals' | 'promotionApprovals'>

interface Facts {
  readonly models: readonly ModelFacts[]
  /** Of pipelines that make no model. */
  readonly others: PipelineRequests
}

/** Reads every model that is registered, served or made by a pipeline. */
export async function readFacts(deps: LoopDeps, caller: Caller): Promise<Facts> {
  const { projectId } = caller
  const [models, pipelines, datasets, endpoints, monitors, incidents, approvals] = await Promise.all([
    deps.registry.everyModel(projectId),
    deps.pipelines.list(caller),
    deps.datasets.list(caller),
    deps.deployments.everyEndpoint(projectId),
    deps.monitoring.everyMonitor(projectId),
    deps.monitoring.listIncidents(projectId, { state: 'open', limit: shown.incidents }),
    deps.governance.listApprovals(projectId, { state: 'pending', limit: shown.approvals }),
  ])
  const pending = approvals.items.filter(({ expiresAt }) => Date.parse(expiresAt) > deps.now().getTime())
  const known = { models, pipelines, datasets, endpoints, monitors, incidents: incidents.items, approvals: pending }
  const found = await Promise.all(modelNames(known).map((model) => readModel(deps, caller, known, model)))
  const told = new Set(found.flatMap(({ pipeline }) => pipeline?.name ?? []))
  return { models: found, others: requestsOf(known, (pipeline) => !told.has(pipeline)) }
}

function requestsOf({ approvals }: Known, isMeant: (pipeline: string) => boolean): PipelineRequests {
  return {
    stepApprovals: approvals.flatMap((one) => (one.kind === 'step' && isMeant(one.pipeline) ? [one] : [])),
    promotionApprovals: approvals.flatMap((one) => (one.kind === 'promotion' && isMeant(one.pipeline) ? [one] : [])),
  }
}

interface Known {
  readonly models: readonly Model[]
  readonly pipelines: readonly Pipeline[]
  readonly datasets: readonly { readonly name: string }[]
  readonly endpoints: readonly EndpointView[]
  readonly monitors: readonly Monitor[]
  readonly incidents: readonly Incident[]
  readonly approvals: readonly AnyApproval[]
}

function modelNames({ models, pipelines, endpoints }: Known): string[] {
  const made = pipelines.flatMap(({ spec }) => spec.model ?? [])
  return [...new Set([...models.map(({ name }) => name), ...made, ...endpoints.map(({ model }) => model)])].toSorted()
}

async function readModel(deps: LoopDeps, caller: Caller, known: Known, model: string): Promise<ModelFacts> {
  const { projectId } = caller
  const registered = known.models.find(({ name }) => name === model)
  const pipeline = known.pipelines.find(({ spec }) => spec.model === model)
  const served = known.endpoints.filter((endpoint) => endpoint.model === model)
  const endpoint = served.find(({ environment }) => environment === 'production') ?? served[0]
  const monitor = known.monitors.find(({ spec }) => spec.endpoint === endpoint?.name)
  const versions = registered
    ? (await deps.registry.listVersions(projectId, model, { limit: shown.versions })).items
    : []
  const [firings, rollouts, windows, data] = await Promise.all([
    pipeline ? deps.pipelines.listFirings(caller, pipeline.name, { limit: shown.firings }) : none,
    endpoint ? deps.deployments.listRollouts({ projectId, endpoint: endpoint.name }, shown.rollouts, undefined) : none,
    monitor ? deps.monitoring.listWindows({ projectId, monitor: monitor.name }, { limit: shown.windows }) : none,
    readData(deps, caller, known, datasetOf(pipeline, versions)),
  ])
  return {
    model,
    owner: registered?.owners.map(({ name }) => name).join(', ') ?? '',
    versions,
    pipeline,
    firings: firings.items,
    data,
    endpoint,
    rollouts: rollouts.items,
    monitor,
    windows: windows.items,
    incidents: known.incidents.filter((incident) => incident.model === model),
    approvals: known.approvals.flatMap((one) => (one.kind === 'version' && one.model === model ? [one] : [])),
    ...requestsOf(known, (name) => name === pipeline?.name),
  }
}

const none = { items: [] }

/** What the model learns from: what its pipeline reads, or what its newest version was trained on. */
function datasetOf(pipeline: Pipeline | undefined, versions: readonly ModelVersion[]): string | undefined {
  const inputs = pipeline?.spec.steps.flatMap((step) => Object.values(step.inputs)) ?? []
  const read = inputs.find((input) => input.from === 'dataset')
  return read?.dataset ?? pipeline?.triggers[0]?.spec.dataset ?? versions[0]?.lineage.datasets[0]?.dataset
}

async function readData({ datasets }: LoopDeps, caller: Caller, known: Known, name: string | undefined) {
  if (name === undefined || !known.datasets.some((dataset) => dataset.name === name)) return undefined
  const { items } = await datasets.listVersions(caller, name, { limit: 1 })
  return items[0]
}
