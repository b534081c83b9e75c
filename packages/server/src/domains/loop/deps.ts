import type {
  AnyApproval,
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
} from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'

interface Limit {
  readonly limit: number
}

interface Items<T> {
  readonly items: readonly T[]
}

/** What the loop reads of the other domains. It owns nothing. Lists are newest first. */
export interface LoopDeps {
  readonly now: () => Date
  readonly registry: {
    everyModel(projectId: string): Promise<readonly Model[]>
    listVersions(projectId: string, model: string, page: Limit): Promise<Items<ModelVersion>>
  }
  readonly pipelines: {
    list(caller: Caller): Promise<readonly Pipeline[]>
    listFirings(caller: Caller, pipeline: string, page: Limit): Promise<Items<Firing>>
  }
  readonly datasets: {
    list(caller: Caller): Promise<readonly { readonly name: string }[]>
    listVersions(caller: Caller, dataset: string, page: Limit): Promise<Items<DatasetVersion>>
  }
  readonly deployments: {
    everyEndpoint(projectId: string): Promise<readonly EndpointView[]>
    listRollouts(
      key: { readonly projectId: string; readonly endpoint: string },
      limit: number,
      cursor: undefined,
    ): Promise<Items<Rollout>>
  }
  readonly monitoring: {
    everyMonitor(projectId: string): Promise<readonly Monitor[]>
    listWindows(
      key: { readonly projectId: string; readonly monitor: string },
      page: Limit,
    ): Promise<Items<MonitorWindow>>
    listIncidents(projectId: string, filter: Limit & { readonly state: 'open' }): Promise<Items<Incident>>
  }
  readonly governance: {
    listApprovals(projectId: string, filter: Limit & { readonly state: 'pending' }): Promise<Items<AnyApproval>>
  }
}
