import { type ClientOptions, createClient } from '@evenkeel/client'
import { registry } from '@evenkeel/contract'
import { absent, downloadModel } from './versions.ts'

export interface ChampionModel {
  readonly version: number
  /** The ONNX file. */
  readonly bytes: Uint8Array
}

/** The version that the alias `champion` of a model points at; `undefined` when there is none, or it has no
 * ONNX file, or there is no such model. */
export async function downloadChampion(api: ClientOptions, model: string): Promise<ChampionModel | undefined> {
  const models = createClient(registry, api)
  const found = await models.getModel({ params: { model } }).catch(absent('registry.model_not_found'))
  if (!found?.champion) return undefined
  const { artifact } = await models.getVersion({ params: { model, version: found.champion } })
  // One that only has files of MLflow cannot be scored here.
  if (!artifact) return undefined
  return { version: found.champion, bytes: await downloadModel(api, artifact.digest) }
}
