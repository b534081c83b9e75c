import { ApiError, type ClientOptions, createClient } from '@evenkeel/client/http'
import { artifacts } from '@evenkeel/contract/artifacts'
import { registry } from '@evenkeel/contract/registry'

/** Most versions that are looked at together. */
export const versionLimit = 20

export interface FoundVersion {
  readonly version: number
  /** Of the ONNX file; `undefined` when there is no such version, or it has none. */
  readonly digest: string | undefined
}

/**
 * Looks versions of a model up.
 *
 * @param wanted - numbers, or all: the newest `versionLimit`
 * @returns the oldest first, each once
 */
export async function findVersions(
  api: ClientOptions,
  model: string,
  wanted: 'all' | readonly number[],
): Promise<FoundVersion[]> {
  const found =
    wanted === 'all' ? await newest(api, model) : await Promise.all(wanted.map((one) => find(api, model, one)))
  return [...new Map(found.map((one) => [one.version, one])).values()].toSorted((a, b) => a.version - b.version)
}

async function newest(api: ClientOptions, model: string): Promise<FoundVersion[]> {
  const ask = { params: { model }, query: { limit: versionLimit } }
  const page = await createClient(registry, api).listVersions(ask).catch(absent('registry.model_not_found'))
  return (page?.items ?? []).map(({ version, artifact }) => ({ version, digest: artifact?.digest }))
}

async function find(api: ClientOptions, model: string, version: number): Promise<FoundVersion> {
  const ask = { params: { model, version } }
  const found = await createClient(registry, api).getVersion(ask).catch(absent('registry.version_not_found'))
  return { version, digest: found?.artifact?.digest }
}

/** Answers `undefined` to the error of this code. */
export const absent =
  (code: string) =>
  (error: unknown): undefined => {
    if (error instanceof ApiError && error.code === code) return undefined
    throw error
  }

/** The ONNX file of a version. */
export async function downloadModel(api: ClientOptions, digest: string): Promise<Uint8Array> {
  const file = await createClient(artifacts, api).download({ params: { digest } })
  return file.bytes()
}
