import { folderSource } from '@evenkeel/contract'
import { placeOf } from '../import/registry.ts'
import type { SourceVersion } from '../import/source/index.ts'
import type { ExportContext } from './context.ts'
import { folderInRun } from './logged-models.ts'

/** What a version over there is made of. */
export interface Origin {
  readonly source: string
  readonly run_id?: string
  readonly model_id?: string
}

type Context = Pick<ExportContext, 'source' | 'known'>

/** Where a version comes from, as it is called over there; an address that is no place of ours stays. */
export function originOf(context: Context, version: SourceVersion): Origin {
  const { known } = context
  const owner = ownerOf(context, version)
  const run = known.run(version.run_id || owner.run || '')
  // Not every server tells the model of a version; each asks for it when the source is one.
  const model = known.keepsModels ? known.model(version.model_id || owner.model || '') : undefined
  return {
    source: sourceOf(context, version, owner),
    ...(run !== undefined && { run_id: run }),
    ...(model !== undefined && { model_id: model }),
  }
}

/** The run or logged model that a source stands for, and what of it. */
interface Owner {
  readonly scheme: 'models' | 'runs' | 'files' | 'other'
  readonly run?: string
  readonly model?: string
  readonly path?: string
}

function ownerOf(context: Context, { source }: SourceVersion): Owner {
  const [, model] = /^models:\/+(m-\w+)$/.exec(source) ?? []
  if (model !== undefined) return { scheme: 'models', model }
  const [, run, path = ''] = /^runs:\/+(\w+)\/*(.*)$/.exec(source) ?? []
  if (run !== undefined) return { scheme: 'runs', run, path }
  const place = placeOf(context, source)
  return 'uri' in place ? { scheme: 'other' } : { scheme: 'files', ...place }
}

function sourceOf(context: Context, version: SourceVersion, { scheme, run = '', model = '', path }: Owner): string {
  const { known } = context
  const { name, source } = version
  // Its files are not ones that a client of MLflow logged: ONNX, or a folder of weights.
  if (source === '' || source.startsWith(folderSource(''))) return `evenkeel:/models/${name}/${version.version}`
  if (scheme === 'other') return source
  if (scheme === 'runs') return joined(`runs:/${known.run(run) ?? run}`, path)
  if (scheme === 'models' && known.keepsModels) return `models:/${known.model(model) ?? model}`
  const uri = run ? known.runs.get(run)?.uri : uriOfModel(context, version, model)
  return uri === undefined ? source : joined(uri, path)
}

const joined = (uri: string, path: string | undefined) => (path ? `${uri}/${path}` : uri)

/** On a server that keeps only runs, the files of a model are with its run. */
function uriOfModel({ known }: Context, { run_id: runId }: SourceVersion, model: string): string | undefined {
  if (known.keepsModels) return known.models.get(model)?.uri
  const run = known.runs.get(runId)
  return run && `${run.uri}/${folderInRun(model)}`
}
