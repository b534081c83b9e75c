import { ApiError, type ClientOptions, createClient } from '@evenkeel/client'
import { artifacts, registry } from '@evenkeel/contract'

export interface ChampionModel {
  readonly version: number
  /** The ONNX file. */
  readonly bytes: Uint8Array
}

/** The version that the alias `champion` of a model points at; `undefined` when there is none, or no such model. */
export async function downloadChampion(api: ClientOptions, model: string): Promise<ChampionModel | undefined> {
  const models = createClient(registry, api)
  const found = await models.getModel({ params: { model } }).catch((error: unknown) => {
    if (error instanceof ApiError && error.code === 'registry.model_not_found') return undefined
    throw error
  })
  if (!found?.champion) return undefined
  const { artifact } = await models.getVersion({ params: { model, version: found.champion } })
  const file = await createClient(artifacts, api).download({ params: { digest: artifact.digest } })
  return { version: found.champion, bytes: await file.bytes() }
}
