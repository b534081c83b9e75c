import { type ClientOptions, createClient } from '@evenkeel/client/http'
import { registry } from '@evenkeel/contract/registry'
import { absent, downloadModel } from './versions.ts'

export interface ChampionModel {
  readonly version: number
  /** The ONNX file. */
  readonly bytes: Uint8Array
}

/**
 * The champion of a model; `undefined` when there is none, or it has no ONNX file, or there is no such model.
 *
 * @param asked - a version that was the champion once, or null for none; by default the alias says it
 */
export async function downloadChampion(
  api: ClientOptions,
  model: string,
  asked?: number | null,
): Promise<ChampionModel | undefined> {
  const version = asked === undefined ? await championNow(api, model) : asked
  if (!version) return undefined
  const { artifact } = await createClient(registry, api).getVersion({ params: { model, version } })
  // One that only has files of MLflow cannot be scored here.
  if (!artifact) return undefined
  return { version, bytes: await downloadModel(api, artifact.digest) }
}

async function championNow(api: ClientOptions, model: string): Promise<number | null> {
  const ask = { params: { model } }
  const found = await createClient(registry, api).getModel(ask).catch(absent('registry.model_not_found'))
  return found?.champion ?? null
}
