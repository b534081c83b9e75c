import { type SourceHttp, SourceRefusal } from './http.ts'
import {
  downloadUri,
  experimentsPage,
  filesList,
  historyPage,
  loggedModelsPage,
  modelsPage,
  runsPage,
  type SourceExperiment,
  type SourceLoggedModel,
  type SourceMetric,
  type SourceModel,
  type SourceRun,
  type SourceVersion,
  versionsPage,
} from './messages.ts'

export type { SourceExperiment, SourceLoggedModel, SourceMetric, SourceModel, SourceRun, SourceVersion }

const api = '/api/2.0/mlflow'
const pageSizes = { experiments: 1000, runs: 200, history: 25_000, loggedModels: 50, models: 100, versions: 100 }

interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | undefined
}

export interface SourceFile {
  /** Below the folder that was listed. */
  readonly path: string
  /** Unknown for a few stores. */
  readonly sizeBytes: number | undefined
}

/** Reads an MLflow tracking server, page by page. */
export function createSource(http: SourceHttp) {
  const view = (withDeleted: boolean) => (withDeleted ? 'ALL' : 'ACTIVE_ONLY')

  return {
    /** The folder of files that the source hands out behind a URI; undefined when they lie in another store. */
    folderOf(uri: string): string | undefined {
      const [, at, path] = /^mlflow-artifacts:(?:\/\/([^/]*))?\/+(.*?)\/*$/.exec(uri) ?? []
      return path === undefined || (at && at !== http.host) ? undefined : path
    },

    experiments: (withDeleted: boolean): AsyncGenerator<SourceExperiment> =>
      pages(async (token) => {
        const asked = { view_type: view(withDeleted), max_results: pageSizes.experiments, page_token: token }
        const { experiments, next_page_token: next } = await http.post(
          `${api}/experiments/search`,
          asked,
          experimentsPage,
        )
        return { items: experiments, next }
      }),

    /** Oldest first, so that runs that begin meanwhile come last. */
    runs: (experimentId: string, withDeleted: boolean): AsyncGenerator<SourceRun> =>
      pages(async (token) => {
        const asked = {
          experiment_ids: [experimentId],
          run_view_type: view(withDeleted),
          order_by: ['attributes.start_time ASC'],
          max_results: pageSizes.runs,
          page_token: token,
        }
        const { runs, next_page_token: next } = await http.post(`${api}/runs/search`, asked, runsPage)
        return { items: runs, next }
      }),

    /** Pages of all points of a metric. */
    history: (runId: string, key: string): AsyncGenerator<readonly SourceMetric[]> => history(http, runId, key),

    /** None on a server before MLflow 3. */
    loggedModels: (experimentId: string): AsyncGenerator<SourceLoggedModel> =>
      pages(async (token) => {
        const asked = { experiment_ids: [experimentId], max_results: pageSizes.loggedModels, page_token: token }
        const found = await orNothing(http.post(`${api}/logged-models/search`, asked, loggedModelsPage))
        return { items: found?.models ?? [], next: found?.next_page_token }
      }),

    /** Registered models, then prompts, which models are searched without. */
    async *models(): AsyncGenerator<SourceModel> {
      yield* models(http, '')
      yield* models(http, "tags.`mlflow.prompt.is_prompt` = 'true'")
    },

    versions: (model: string, isPrompt: boolean): AsyncGenerator<SourceVersion> =>
      pages(async (token) => {
        const only = isPrompt ? " AND tags.`mlflow.prompt.is_prompt` = 'true'" : ''
        const filter = `name = ${quoted(model)}${only}`
        const asked = { filter, max_results: pageSizes.versions, page_token: token }
        const { model_versions: items, next_page_token: next } = await http.get(
          `${api}/model-versions/search`,
          asked,
          versionsPage,
        )
        return { items, next }
      }),

    /** Where the files of a version lie; undefined when the source does not know. */
    async filesOfVersion(name: string, version: number): Promise<string | undefined> {
      const found = http.get(`${api}/model-versions/get-download-uri`, { name, version }, downloadUri)
      return (await orNothing(found))?.artifact_uri || undefined
    },

    /** Every file below a folder. */
    files: (folder: string): AsyncGenerator<SourceFile> => filesBelow(http, folder, ''),

    open: (folder: string, path: string): Promise<Response> => http.open(fileUrl(folder, path)),
  }
}

export type Source = ReturnType<typeof createSource>

async function* pages<T>(read: (token: string | undefined) => Promise<Page<T>>): AsyncGenerator<T> {
  let token: string | undefined
  do {
    const { items, next } = await read(token)
    yield* items
    token = next || undefined
  } while (token !== undefined)
}

async function* history(http: SourceHttp, runId: string, key: string): AsyncGenerator<readonly SourceMetric[]> {
  let token: string | undefined
  do {
    const asked = { run_id: runId, metric_key: key, max_results: pageSizes.history, page_token: token }
    const page = await http.get(`${api}/metrics/get-history`, asked, historyPage).catch((error: unknown) => {
      // Stores of plain files give all points at once, and refuse to page.
      if (!(error instanceof SourceRefusal) || !/pagination/i.test(error.message)) throw error
      return http.get(`${api}/metrics/get-history`, { run_id: runId, metric_key: key }, historyPage)
    })
    yield page.metrics
    token = page.next_page_token || undefined
  } while (token !== undefined)
}

const models = (http: SourceHttp, filter: string): AsyncGenerator<SourceModel> =>
  pages(async (token) => {
    const asked = { filter: filter || undefined, max_results: pageSizes.models, page_token: token }
    const { registered_models: items, next_page_token: next } = await http.get(
      `${api}/registered-models/search`,
      asked,
      modelsPage,
    )
    return { items, next }
  })

async function* filesBelow(http: SourceHttp, folder: string, below: string): AsyncGenerator<SourceFile> {
  const path = below === '' ? folder : `${folder}/${below}`
  const found = await orNothing(http.get('/api/2.0/mlflow-artifacts/artifacts', { path }, filesList))
  for (const file of found?.files ?? []) {
    // Some stores answer with whole paths, and some with names.
    const name = file.path.split('/').at(-1)!
    const inner = below === '' ? name : `${below}/${name}`
    if (file.is_dir) yield* filesBelow(http, folder, inner)
    else yield { path: inner, sizeBytes: file.file_size === undefined ? undefined : Number(file.file_size) }
  }
}

async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof SourceRefusal && error.status === 404) return undefined
    throw error
  }
}

/** Where the proxy of an MLflow server has a file. */
export const fileUrl = (folder: string, path: string) =>
  `/api/2.0/mlflow-artifacts/artifacts/${`${folder}/${path}`.split('/').map(encodeURIComponent).join('/')}`

/** MLflow's filters know both quotes, and no escape. */
const quoted = (text: string) => (text.includes("'") ? `"${text}"` : `'${text}'`)
