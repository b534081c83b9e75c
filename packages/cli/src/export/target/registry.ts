import { z } from 'zod'
import { type SourceHttp, SourceRefusal } from '../../import/source/http.ts'
import { SourceModel, SourceVersion, versionsPage } from '../../import/source/messages.ts'
import { marks, type Tag, valueOf } from '../marks.ts'

const api = '/api/2.0/mlflow'
const nothing = z.unknown()
const oneModel = z.object({ registered_model: SourceModel })
const oneVersion = z.object({ model_version: SourceVersion })

export interface NewVersion {
  readonly name: string
  readonly source: string
  readonly run_id?: string
  readonly model_id?: string
  readonly run_link?: string
  readonly description?: string
  readonly tags: readonly Tag[]
}

interface VersionKey {
  readonly name: string
  readonly version: string
}

/** Writes the model registry of an MLflow server. */
export function registryOf(http: SourceHttp) {
  /** Undefined when there is none of that name. */
  const getModel = async (name: string): Promise<SourceModel | undefined> => {
    try {
      return (await http.get(`${api}/registered-models/get`, { name }, oneModel)).registered_model
    } catch (error) {
      if (error instanceof SourceRefusal && error.status === 404) return undefined
      throw error
    }
  }
  const versionMarked = async ({ name, tags }: NewVersion) => {
    // Prompts are found when their tag is named alone.
    const asked = {
      filter: `name = ${name.includes("'") ? `"${name}"` : `'${name}'`} AND ${tagIs(tags, marks.version)}`,
    }
    const { model_versions: found } = await http.get(`${api}/model-versions/search`, asked, versionsPage)
    return found[0]
  }

  return {
    getModel,
    async createModel(body: { readonly name: string; readonly description: string; readonly tags: readonly Tag[] }) {
      const find = async () => {
        const model = await getModel(body.name)
        return model && { registered_model: model }
      }
      return (await http.make(`${api}/registered-models/create`, body, { schema: oneModel, find })).registered_model
    },
    describeModel: (name: string, description: string) =>
      http.patch(`${api}/registered-models/update`, { name, description }, nothing),
    setModelTag: (name: string, tag: Tag) => http.post(`${api}/registered-models/set-tag`, { name, ...tag }, nothing),
    setAlias: (name: string, alias: string, version: number) =>
      http.post(`${api}/registered-models/alias`, { name, alias, version: String(version) }, nothing),

    async createVersion(body: NewVersion): Promise<SourceVersion> {
      const find = async () => {
        const version = await versionMarked(body)
        return version && { model_version: version }
      }
      return (await http.make(`${api}/model-versions/create`, body, { schema: oneVersion, find })).model_version
    },
    describeVersion: (key: VersionKey, description: string) =>
      http.patch(`${api}/model-versions/update`, { ...key, description }, nothing),
    setVersionTag: (key: VersionKey, tag: Tag) =>
      http.post(`${api}/model-versions/set-tag`, { ...key, ...tag }, nothing),
    setStage: (key: VersionKey, stage: string) =>
      http.post(`${api}/model-versions/transition-stage`, { ...key, stage, archive_existing_versions: false }, nothing),
    deleteVersion: (key: VersionKey) => http.delete(`${api}/model-versions/delete`, key, nothing),
  }
}

const promptTag = 'mlflow.prompt.is_prompt'

function tagIs(tags: readonly Tag[], key: string): string {
  const clause = (name: string) => `tags.\`${name}\` = '${valueOf(tags, name)}'`
  return valueOf(tags, promptTag) === undefined ? clause(key) : `${clause(promptTag)} AND ${clause(key)}`
}
