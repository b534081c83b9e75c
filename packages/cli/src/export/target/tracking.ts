import { z } from 'zod'
import type { SourceHttp } from '../../import/source/http.ts'
import {
  experimentsPage,
  loggedModelsPage,
  runsPage,
  SourceLoggedModel,
  SourceRun,
} from '../../import/source/messages.ts'
import { marks, type Tag, valueOf } from '../marks.ts'

const api = '/api/2.0/mlflow'
const nothing = z.unknown()
const oneRun = z.object({ run: SourceRun })
const oneModel = z.object({ model: SourceLoggedModel })
const experimentId = z.object({ experiment_id: z.string() })

export interface NewRun {
  readonly experiment_id: string
  readonly user_id: string
  readonly run_name: string
  readonly start_time: number
  readonly tags: readonly Tag[]
}

export interface NewLoggedModel {
  readonly experiment_id: string
  readonly name: string
  readonly model_type?: string
  readonly source_run_id?: string
  readonly params: readonly Tag[]
  readonly tags: readonly Tag[]
}

/** At most 1000 values, of these at most 100 params and 100 tags, and 1 MB. */
export interface Batch {
  readonly metrics: readonly object[]
  readonly params: readonly Tag[]
  readonly tags: readonly Tag[]
}

export type Dataset = SourceRun['inputs']['dataset_inputs'][number]

/** Writes experiments, runs and logged models of an MLflow server. What is made carries its mark from the first moment. */
export function trackingOf(http: SourceHttp) {
  let datasetsBefore: Promise<unknown> = Promise.resolve()
  const getRun = async (id: string): Promise<SourceRun> =>
    (await http.get(`${api}/runs/get`, { run_id: id }, oneRun)).run
  const runMarked = async (experiment: string, mark: string) => {
    const filter = `tags.\`${marks.run}\` = '${mark}'`
    const asked = { experiment_ids: [experiment], run_view_type: 'ALL', filter, max_results: 1 }
    return (await http.post(`${api}/runs/search`, asked, runsPage)).runs[0]
  }
  const modelMarked = async (experiment: string, mark: string) => {
    const asked = { experiment_ids: [experiment], filter: `tags.\`${marks.loggedModel}\` = '${mark}'` }
    return (await http.post(`${api}/logged-models/search`, asked, loggedModelsPage)).models[0]
  }

  return {
    getRun,

    async createExperiment(body: {
      readonly name: string
      readonly artifact_location?: string
      readonly tags: readonly Tag[]
    }): Promise<string> {
      const find = async () => {
        const { experiments } = await http.post(
          `${api}/experiments/search`,
          {
            max_results: 1,
            view_type: 'ALL',
            filter: `tags.\`${marks.experiment}\` = '${valueOf(body.tags, marks.experiment)}'`,
          },
          experimentsPage,
        )
        return experiments[0]
      }
      return (await http.make(`${api}/experiments/create`, body, { schema: experimentId, find })).experiment_id
    },
    setExperimentTag: (experiment: string, tag: Tag) =>
      http.post(`${api}/experiments/set-experiment-tag`, { experiment_id: experiment, ...tag }, nothing),
    deleteExperiment: (id: string) => http.post(`${api}/experiments/delete`, { experiment_id: id }, nothing),
    restoreExperiment: (id: string) => http.post(`${api}/experiments/restore`, { experiment_id: id }, nothing),

    async createRun(body: NewRun): Promise<SourceRun> {
      const find = async () => {
        const run = await runMarked(body.experiment_id, valueOf(body.tags, marks.run)!)
        return run && { run }
      }
      return (await http.make(`${api}/runs/create`, body, { schema: oneRun, find })).run
    },
    logBatch: (run: string, batch: Batch) => http.post(`${api}/runs/log-batch`, { run_id: run, ...batch }, nothing),
    /** One after the other: of two runs that name the same one at once, a server refuses the second. */
    logDatasets(run: string, datasets: readonly Dataset[]): Promise<unknown> {
      const sent = datasetsBefore.then(() => http.post(`${api}/runs/log-inputs`, { run_id: run, datasets }, nothing))
      datasetsBefore = sent.catch(() => undefined)
      return sent
    },
    /** Servers keep a link that is sent twice twice. */
    logModelInputs: (run: string, models: SourceRun['inputs']['model_inputs']) =>
      http.make(
        `${api}/runs/log-inputs`,
        { run_id: run, models },
        {
          schema: nothing,
          find: async () => hasAll((await getRun(run)).inputs.model_inputs, models),
        },
      ),
    logModelOutputs: (run: string, models: SourceRun['outputs']['model_outputs']) =>
      http.make(
        `${api}/runs/outputs`,
        { run_id: run, models },
        {
          schema: nothing,
          find: async () => hasAll((await getRun(run)).outputs.model_outputs, models),
        },
      ),
    updateRun: (change: {
      readonly run_id: string
      readonly status: string
      readonly end_time?: number
      readonly run_name?: string
    }) => http.post(`${api}/runs/update`, change, nothing),
    setRunTag: (run: string, tag: Tag) => http.post(`${api}/runs/set-tag`, { run_id: run, ...tag }, nothing),
    deleteRun: (id: string) => http.post(`${api}/runs/delete`, { run_id: id }, nothing),
    restoreRun: (id: string) => http.post(`${api}/runs/restore`, { run_id: id }, nothing),

    async createLoggedModel(body: NewLoggedModel): Promise<SourceLoggedModel> {
      const find = async () => {
        const model = await modelMarked(body.experiment_id, valueOf(body.tags, marks.loggedModel)!)
        return model && { model }
      }
      return (await http.make(`${api}/logged-models`, body, { schema: oneModel, find })).model
    },
    getLoggedModel: async (id: string): Promise<SourceLoggedModel> =>
      (await http.get(`${api}/logged-models/${id}`, {}, oneModel)).model,
    setLoggedModelTags: (id: string, tags: readonly Tag[]) =>
      http.patch(`${api}/logged-models/${id}/tags`, { model_id: id, tags }, nothing),
    logLoggedModelParams: (id: string, params: readonly Tag[]) =>
      http.post(`${api}/logged-models/${id}/params`, { model_id: id, params }, nothing),
    endLoggedModel: (id: string, status: string) =>
      http.patch(`${api}/logged-models/${id}`, { model_id: id, status }, nothing),
  }
}

const hasAll = (there: readonly { readonly model_id: string }[], wanted: readonly { readonly model_id: string }[]) =>
  wanted.every(({ model_id: id }) => there.some((model) => model.model_id === id)) ? {} : undefined
