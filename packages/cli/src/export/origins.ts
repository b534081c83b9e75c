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
  const [run, model] = [known.run(version.run_id), known.model(version.model_id)]
  return {
    source: sourceOf(context, version),
    ...(run !== undefined && { run_id: run }),
    ...(model !== undefined && known.keepsModels && { model_id: model }),
  }
}

function sourceOf(context: Context, version: SourceVersion): string {
  const { source, name } = version
  // Made by a pipeline: its file is not one that a client of MLflow logged.
  if (source === '') return `evenkeel:/models/${name}/${version.version}`
  const [, model] = /^models:\/+(m-\w+)$/.exec(source) ?? []
  if (model !== undefined) return modelSource(context, version, model)
  const [, run, path = ''] = /^runs:\/+(\w+)(\/.*)?$/.exec(source) ?? []
  if (run !== undefined) return `runs:/${context.known.run(run) ?? run}${path}`
  const place = placeOf(context, source)
  if ('uri' in place) return source
  const uri = 'run' in place ? context.known.runs.get(place.run)?.uri : uriOfModel(context, version, place.model)
  if (uri === undefined) return source
  return place.path === '' ? uri : `${uri}/${place.path}`
}

function modelSource(context: Context, version: SourceVersion, model: string): string {
  if (context.known.keepsModels) return `models:/${context.known.model(model) ?? model}`
  return uriOfModel(context, version, model) ?? version.source
}

/** On a server that keeps only runs, the files of a model are with its run. */
function uriOfModel({ known }: Context, { run_id: runId }: SourceVersion, model: string): string | undefined {
  if (known.keepsModels) return known.models.get(model)?.uri
  const run = known.runs.get(runId)
  return run && `${run.uri}/${folderInRun(model)}`
}
