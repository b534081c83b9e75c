import type { Experiment, LoggedModel } from '@evenkeel/contract'
import type { MlflowRunInfo, mlflowSearch } from '@evenkeel/contract/mlflow'
import type { Caller } from '../../platform/auth.ts'
import { presentExperiment } from './experiments.ts'
import { encoded, type RpcHandlers } from './face.ts'
import { presentLoggedModel } from './logged-models.ts'

interface Search {
  readonly filter: string
  readonly view: 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL'
  readonly maxResults: number
  readonly orderBy: readonly string[]
  readonly pageToken?: string | undefined
}

/** A run with its lists as the items of JSON arrays, as they are answered. */
interface FoundRun {
  readonly run_id: string
  readonly name: string
  readonly experiment_id: number
  readonly user_id: string
  readonly status: string
  readonly started_ms: number
  readonly ended_ms: number | null
  readonly artifact_uri: string
  readonly deleted_ms: number | null
  readonly metrics: string
  readonly params: string
  readonly tags: string
  readonly datasets: string
  readonly input_models: string
  readonly output_models: string
}

/** What the face needs of those who search. */
export interface SearchNeeds {
  experiments(
    caller: Caller,
    search: Search,
  ): Promise<{ experiments: readonly Experiment[]; nextPageToken: string | null }>
  runs(
    caller: Caller,
    search: Search & { experimentIds: readonly string[] },
  ): Promise<{ runs: readonly FoundRun[]; nextPageToken: string | null }>
  loggedModels(
    caller: Caller,
    search: Omit<Search, 'view' | 'orderBy'> & {
      readonly experimentIds: readonly string[]
      readonly datasets: readonly Dataset[]
      readonly orderBy: readonly (Dataset & { readonly field: string; readonly ascending: boolean })[]
    },
  ): Promise<{ models: readonly LoggedModel[]; nextPageToken: string | null }>
}

/** Without a name, any; without a digest, any of the name. */
interface Dataset {
  readonly name: string | undefined
  readonly digest: string | undefined
}

interface Request<O> {
  readonly filter: string
  readonly max_results: number
  readonly order_by: readonly O[]
  readonly page_token?: string | undefined
}

const searchOf = <O>({ filter, max_results, order_by, page_token }: Request<O>) => ({
  filter,
  maxResults: max_results,
  orderBy: order_by,
  pageToken: page_token,
})

export function searchHandlers(search: SearchNeeds): RpcHandlers<typeof mlflowSearch> {
  return {
    searchExperiments: async ({ view_type, ...request }, caller) => {
      const found = await search.experiments(caller, { ...searchOf(request), view: view_type })
      const experiments = found.experiments.map(presentExperiment)
      return found.nextPageToken === null ? { experiments } : { experiments, next_page_token: found.nextPageToken }
    },
    searchRuns: async ({ run_view_type, experiment_ids, ...request }, caller) => {
      const asked = { ...searchOf(request), view: run_view_type, experimentIds: experiment_ids }
      const { runs, nextPageToken } = await search.runs(caller, asked)
      const token = nextPageToken === null ? '' : `,"next_page_token":${JSON.stringify(nextPageToken)}`
      return encoded(`{"runs":[${runs.map(runText).join()}]${token}}`)
    },
    searchLoggedModels: async ({ experiment_ids, datasets, order_by, ...request }, caller) => {
      const { models, nextPageToken } = await search.loggedModels(caller, {
        ...searchOf({
          ...request,
          order_by: order_by.map(({ field_name, ascending, ...dataset }) => ({
            field: field_name,
            ascending,
            ...datasetOf(dataset),
          })),
        }),
        experimentIds: experiment_ids,
        datasets: datasets.map(datasetOf),
      })
      const found = { models: models.map(presentLoggedModel) }
      return nextPageToken === null ? found : { ...found, next_page_token: nextPageToken }
    },
  }
}

const datasetOf = (dataset: { dataset_name?: string | undefined; dataset_digest?: string | undefined }): Dataset => ({
  name: dataset.dataset_name || undefined,
  digest: dataset.dataset_digest || undefined,
})

/** A page of 1,000 runs has tens of thousands of values: they stay the text that the database made of them. */
const runText = (run: FoundRun): string =>
  `{"info":${JSON.stringify(infoOf(run))},` +
  `"data":{"metrics":[${run.metrics}],"params":[${run.params}],"tags":[${run.tags}]},` +
  `"inputs":{"dataset_inputs":[${run.datasets}],"model_inputs":[${run.input_models}]},` +
  `"outputs":{"model_outputs":[${run.output_models}]}}`

const infoOf = (run: FoundRun): MlflowRunInfo => ({
  run_id: run.run_id,
  run_uuid: run.run_id,
  run_name: run.name,
  experiment_id: String(run.experiment_id),
  user_id: run.user_id,
  status: run.status as MlflowRunInfo['status'],
  start_time: run.started_ms,
  ...(run.ended_ms !== null && { end_time: run.ended_ms }),
  artifact_uri: run.artifact_uri,
  lifecycle_stage: run.deleted_ms === null ? 'active' : 'deleted',
})
