import { mlflowProxy as messages, type mlflowArtifacts } from '@evenkeel/contract/mlflow'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../../platform/auth.ts'
import { failPlatform } from '../../platform/errors.ts'
import {
  addressOf,
  answerFile,
  asking,
  bytesOf,
  type FilesNeeds,
  presentFile,
  takesBytes,
  takingBytes,
} from './artifact-proxy.ts'
import { type RpcHandlers, readMessage } from './face.ts'

/** What the face needs of those who know where files of runs and of logged models lie. */
interface ArtifactRootsNeeds {
  runs: { get(caller: Caller, runId: string): Promise<{ readonly artifactUri: string }> }
  loggedModels: { get(caller: Caller, modelId: string): Promise<{ readonly artifactUri: string }> }
}

interface Needs extends ArtifactRootsNeeds {
  readonly files: FilesNeeds
}

interface PageNeeds extends Needs {
  readonly modelVersions: { filesOf(caller: Caller, model: string, version: string): Promise<string> }
}

/** Largest file of an upload from a page, in bytes. */
const pageUploadLimitBytes = 10 * 1024 ** 2

export function artifactHandlers({ files, runs, loggedModels }: Needs): RpcHandlers<typeof mlflowArtifacts> {
  async function list(caller: Caller, { artifactUri }: { artifactUri: string }, folder: string) {
    const entries = await files.listAll(caller, files.join(folderOf(artifactUri), folder))
    const below = folder === '' ? '' : `${files.join('', folder)}/`
    return {
      root_uri: artifactUri,
      files: entries.map((entry) => presentFile({ ...entry, name: below + entry.name })),
    }
  }

  return {
    listArtifacts: async ({ run_id, path }, caller) => list(caller, await runs.get(caller, run_id), path),
    listLoggedModelArtifacts: async ({ model_id, artifact_directory_path: path }, caller) =>
      list(caller, await loggedModels.get(caller, model_id), path),
  }
}

/** Files of runs, models and versions as MLflow's pages ask for them. */
export function artifactPages(scope: FastifyInstance, { files, runs, loggedModels, modelVersions }: PageNeeds): void {
  scope.get('/get-artifact', asking('artifacts:read'), async (request, reply) => {
    const { run_id, path } = readMessage(messages.runFile, request)
    const { artifactUri } = await runs.get(request.caller, run_id)
    return answerFile(request, reply, await files.read(request.caller, files.join(folderOf(artifactUri), path)))
  })
  scope.get('/model-versions/get-artifact', asking('artifacts:read'), async (request, reply) => {
    const { name, version, path } = readMessage(messages.versionFile, request)
    const uri = await modelVersions.filesOf(request.caller, name, version)
    return answerFile(request, reply, await files.read(request.caller, files.join(folderOf(uri), path)))
  })
  scope.get(
    '/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files',
    asking('artifacts:read'),
    async (request, reply) => {
      const { model_id, artifact_file_path: path } = readMessage(messages.modelFile, request)
      const { artifactUri } = await loggedModels.get(request.caller, model_id)
      return answerFile(request, reply, await files.read(request.caller, files.join(folderOf(artifactUri), path)))
    },
  )
  takingBytes(scope, (raw) =>
    raw.post('/ajax-api/2.0/mlflow/upload-artifact', takesBytes('artifacts:write'), async (request) => {
      const { run_id, path } = readMessage(messages.runFile, addressOf(request))
      const { artifactUri } = await runs.get(request.caller, run_id)
      const target = files.join(folderOf(artifactUri), path)
      await files.put(request.caller, target, await bytesOf(request, pageUploadLimitBytes))
      return {}
    }),
  )
}

/** `mlflow-artifacts:/0/abc/artifacts`, with or without a host, is the folder `0/abc/artifacts`. */
function folderOf(uri: string): string {
  const [, path] = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.+)$/.exec(uri) ?? []
  if (path) return path
  throw failPlatform('http.not_supported', {}, { why: `The files lie at ${uri}, which clients read by themselves.` })
}
