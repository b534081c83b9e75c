import {
  folderNameOf,
  isFolder,
  type ModelVersion,
  type Snippet,
  type SnippetLanguage,
  type VersionSnippets,
} from '@evenkeel/contract'
import type { DownloadNeeds } from '../download/download.ts'
import type { LoggedFile } from '../download/folder.ts'
import { callSnippets, type Served } from './call.ts'
import { mlflowSnippet, onnxSnippet, safetensorsSnippet } from './load.ts'
import { exampleOf } from './mlflow-example.ts'
import { type Sample, sampleOf } from './sample.ts'

/** Where a model is served. */
export interface Serving {
  readonly endpoint: string
  readonly environment: string
  /** Base URL of a live node; null when none is. */
  readonly url: string | null
  readonly arms: readonly { readonly version: number; readonly weight: number }[]
}

export interface SnippetNeeds extends DownloadNeeds {
  readonly servingOf: (projectId: string, model: string) => Promise<readonly Serving[]>
  readonly isProduction: (environment: string) => boolean
  /** Base URL of this server, as clients reach it. */
  readonly url: () => string
}

type Missing = VersionSnippets['missing']

/** More files are not looked through for those that describe a model. */
const mostFiles = 1000

/** Code that uses a version, and why some is missing. */
export async function snippetsOf(
  needs: SnippetNeeds,
  projectId: string,
  version: ModelVersion,
): Promise<VersionSnippets> {
  const { model, origin } = version
  const [sample, endpoints, logged] = await Promise.all([
    sampleOf(needs.blobs, version),
    needs.servingOf(projectId, model),
    origin ? needs.filesAt(projectId, origin.uri, mostFiles) : null,
  ])
  const folder = folderNameOf(version)
  const parts = [
    ofEndpoint(version, { sample, folder, endpoints, isProduction: needs.isProduction }),
    ofFile(version, folder, sample),
    isFolder(version) ? ofFolder(version, folder, logged ?? []) : await ofMlflow(needs, version, logged),
  ]
  return {
    items: parts.flatMap(({ items }) => items),
    missing: parts.flatMap(({ missing }) => missing),
    sample: sample?.source ?? (logged && !isFolder(version) ? 'example' : 'none'),
  }
}

interface Written {
  readonly items: readonly Snippet[]
  readonly missing: Missing
}

const none = (why: string, ...languages: readonly SnippetLanguage[]): Written => ({
  items: [],
  missing: languages.map((language) => ({ language, why })),
})

interface Calling extends Pick<SnippetNeeds, 'isProduction'> {
  readonly sample: Sample | null
  readonly folder: string
  readonly endpoints: readonly Serving[]
}

function ofEndpoint(of: ModelVersion, { sample, folder, endpoints, isProduction }: Calling): Written {
  const { model, version } = of
  const served = sample && servedBy(endpoints, version, isProduction)
  if (served) return { items: callSnippets(served, sample, folder), missing: [] }
  const why = sample
    ? `No endpoint serves version ${version} now: evenkeel deploy ${model}@${version} --endpoint ENDPOINT`
    : `No endpoint serves it. ${whyNoOnnx(of)}`
  return none(why, 'curl', 'python', 'node')
}

/** Production before others, then wherever most of the traffic is answered by the version. */
function servedBy(
  endpoints: readonly Serving[],
  version: number,
  isProduction: Calling['isProduction'],
): Served | null {
  const [best] = endpoints
    .flatMap(({ endpoint, environment, url, arms }) => {
      const weight = arms.reduce((sum, arm) => sum + (arm.version === version ? arm.weight : 0), 0)
      return url === null || weight === 0 ? [] : [{ endpoint, url, weight, rank: Number(isProduction(environment)) }]
    })
    .toSorted((a, b) => b.rank - a.rank || b.weight - a.weight)
  return best ? { endpoint: best.endpoint, url: best.url, version: best.weight === 100 ? null : version } : null
}

function ofFile(version: ModelVersion, folder: string, sample: Sample | null): Written {
  if (!sample) return none(whyNoOnnx(version), 'onnxruntime')
  return { items: [onnxSnippet(`${version.model}@${version.version}`, folder, sample)], missing: [] }
}

const whyNoOnnx = (version: ModelVersion): string =>
  isFolder(version)
    ? 'It is a folder of weights: export the network to ONNX, and register that.'
    : `It has no ONNX file: evenkeel register ${version.model}@${version.version} makes one of trees.`

function ofFolder({ model, version }: ModelVersion, folder: string, files: readonly LoggedFile[]): Written {
  const weights = files.map(({ path }) => path).filter((path) => path.endsWith('.safetensors'))
  const written = safetensorsSnippet(`${model}@${version}`, folder, weights)
  return {
    items: [written],
    missing: none('It is a folder of weights that no client of MLflow logged.', 'mlflow').missing,
  }
}

async function ofMlflow(
  { blobs, url }: SnippetNeeds,
  version: ModelVersion,
  logged: readonly LoggedFile[] | null,
): Promise<Written> {
  if (!version.origin) return none('It was not logged with MLflow; it is an ONNX file.', 'mlflow')
  if (logged !== null && !logged.some(({ path }) => path === 'MLmodel')) {
    return none(`No file MLmodel lies in ${version.origin.uri}.`, 'mlflow')
  }
  return { items: [mlflowSnippet(version, url(), logged && (await exampleOf(blobs, logged)))], missing: [] }
}
