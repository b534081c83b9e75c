import { posix } from 'node:path'
import { refuse } from './checks.ts'

/** What is asked about runs and logged models of MLflow. */
export interface SourceNeeds {
  /** @throws DomainError `tracking.model_not_found` */
  readonly loggedModel: (
    projectId: string,
    modelId: string,
  ) => Promise<{ readonly artifactUri: string; readonly sourceRunId: string | null }>
  /** Where the files of a run lie; `undefined` when there is no such run. */
  readonly runFiles: (projectId: string, runId: string) => Promise<string | undefined>
}

interface Sent {
  readonly projectId: string
  readonly source: string
  readonly runId: string | null
  readonly modelId: string | null
}

interface Resolved {
  /** Where the files lie. */
  readonly uri: string
  readonly runId: string | null
  readonly modelId: string | null
}

const bad = (source: string, why: string) => refuse('source', `Invalid model version source: '${source}'. ${why}`)

/** Turns a source into the place that it stands for. @throws DomainError when it stands for none that may be read */
export async function resolveSource(
  needs: SourceNeeds & { readonly filesOf: (model: string, version: string) => Promise<string> },
  sent: Sent,
): Promise<Resolved> {
  const { projectId, source, runId } = sent
  refuseEscapes(source)
  const named = /^models:\/{1,3}([^/]+)(?:\/([^/]+))?$/.exec(source)
  const modelId = sent.modelId ?? (named && !named[2] ? named[1]! : null)
  const logged = modelId === null ? undefined : await needs.loggedModel(projectId, modelId)
  const known = { modelId, runId: runId ?? logged?.sourceRunId ?? null }

  if (named) return { ...known, uri: await behindModelUri(needs, named, source, { modelId, logged }) }
  const runUri = /^runs:\/{1,3}([^/]+)\/?(.*)$/.exec(source)
  if (runUri) return { ...known, ...(await behindRunUri(needs, sent, runUri)) }
  if (isLocal(source)) await requireInside(needs, sent, logged?.artifactUri)
  return { ...known, uri: source }
}

/** A prompt has no files, and its source says so; what looks like a path on our disk is refused all the same. */
export function requirePromptSource(source: string): void {
  refuseEscapes(source)
  if (/^file:/i.test(source) || posix.isAbsolute(source)) throw bad(source, 'A prompt has no files.')
}

async function behindModelUri(
  needs: { readonly filesOf: (model: string, version: string) => Promise<string> },
  [, first, version]: readonly (string | undefined)[],
  source: string,
  { modelId, logged }: { modelId: string | null; logged: { readonly artifactUri: string } | undefined },
): Promise<string> {
  if (version !== undefined) return needs.filesOf(first!, version)
  if (first !== modelId || !logged) throw bad(source, `It names another model than model_id, which is ${modelId}.`)
  return logged.artifactUri
}

async function behindRunUri(
  needs: SourceNeeds,
  { projectId, source, runId }: Sent,
  [, named, path]: readonly (string | undefined)[],
): Promise<Pick<Resolved, 'uri' | 'runId'>> {
  if (runId && runId !== named) throw bad(source, `It names another run than run_id, which is ${runId}.`)
  const files = await needs.runFiles(projectId, named!)
  if (files === undefined) throw bad(source, `There is no run ${named}.`)
  return { uri: path ? `${files}/${path}` : files, runId: named! }
}

/** A path on a disk: of a file URL, or without a scheme. A single letter before the colon is a drive. */
const isLocal = (uri: string) => /^file:/i.test(uri) || !/^[a-z][a-z0-9+.-]+:/i.test(uri)

const pathOf = (uri: string) => posix.normalize(uri.replace(/^file:(\/\/[^/]*)?/i, ''))

/** A path on a disk may be read only where a run or a model keeps its files. */
async function requireInside(needs: SourceNeeds, { projectId, source, runId }: Sent, modelFiles: string | undefined) {
  const runFiles = runId === null ? undefined : await needs.runFiles(projectId, runId)
  const path = pathOf(source)
  const isInside = [modelFiles, runFiles].some(
    (root) => root !== undefined && isLocal(root) && `${path}/`.startsWith(`${pathOf(root).replace(/\/$/, '')}/`),
  )
  if (posix.isAbsolute(path) && isInside) return
  const why =
    'To use a local path as a model version source, the run_id request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the run_id.'
  throw bad(source, why)
}

/** However often it was encoded, a source must not leave the place that it names. @throws DomainError `registry.bad_value` */
export function refuseEscapes(source: string): void {
  let text = source
  for (let round = 0; round < 10; round++) {
    if (text.includes('\0') || text.split(/[/\\?#]/).includes('..')) throw bad(source, 'It leaves its own folder.')
    const decoded = decode(text)
    if (decoded === text) return
    text = decoded
  }
  throw bad(source, 'It is encoded too often.')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
