import { fileLimitBytes, type Access } from '@evenkeel/contract'
import { mlflowProxy as messages, type MlflowFile } from '@evenkeel/contract/mlflow'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import type { Caller } from '../../platform/auth.ts'
import type { FileReply } from '../../platform/http.ts'
import { sendFile } from '../../platform/http/download.ts'
import { readUpload, takeUploads } from '../../platform/http/upload.ts'
import { failPlatform } from '../../platform/errors.ts'
import { requireJson } from './body.ts'
import { readMessage } from './face.ts'

interface Entry {
  readonly name: string
  readonly isFolder: boolean
  readonly sizeBytes: number | null
}

/** What the face needs of those who keep files under names. Paths are checked there. */
export interface FilesNeeds {
  put(caller: Caller, path: string, bytes: Readable): Promise<unknown>
  read(caller: Caller, path: string): Promise<FileReply>
  listAll(caller: Caller, folder: string): Promise<readonly Entry[]>
  delete(caller: Caller, path: string): Promise<unknown>
  /** The path of what lies at `path` below a folder. */
  join(folder: string, path: string): string
}

/** Files in parts, numbered from 1; `digest` is what `putPart` answered. */
export interface UploadsNeeds {
  begin(caller: Caller, path: string, partCount: number): Promise<string>
  putPart(uploadId: string, number: number, bytes: Readable): Promise<string>
  complete(
    caller: Caller,
    uploadId: string,
    path: string,
    parts: readonly { number: number; digest: string | undefined }[],
  ): Promise<void>
  abort(caller: Caller, uploadId: string, path: string): Promise<void>
}

export interface ProxyNeeds {
  readonly files: FilesNeeds
  readonly uploads: UploadsNeeds
}

/** What `mlflow-artifacts:/…` means: files of the caller's project by their whole path. */
export function artifactProxy(scope: FastifyInstance, needs: ProxyNeeds): void {
  for (const prefix of ['/api/2.0', '/ajax-api/2.0']) {
    const base = `${prefix}/mlflow-artifacts`
    fileRoutes(scope, base, needs.files)
    uploadRoutes(scope, base, needs)
  }
}

function fileRoutes(scope: FastifyInstance, base: string, files: FilesNeeds): void {
  const url = `${base}/artifacts/*`

  scope.get(`${base}/artifacts`, asking('artifacts:read'), async (request) => {
    const { path } = readMessage(messages.list, request)
    return { files: (await files.listAll(request.caller, path)).map(presentFile) }
  })
  scope.route({
    method: ['GET', 'HEAD'],
    url,
    ...asking('artifacts:read'),
    handler: async (request, reply) => answerFile(request, reply, await files.read(request.caller, pathOf(request))),
  })
  scope.delete(url, asking('artifacts:write'), async (request) => {
    await files.delete(request.caller, pathOf(request))
    return {}
  })
  scope.get(`${base}/presigned/*`, asking('artifacts:read'), async () => {
    const why = 'Presigned downloads are not supported for the current artifact repository.'
    throw failPlatform('http.not_supported', {}, { why })
  })
  takingBytes(scope, (raw) =>
    raw.put(url, takesBytes('artifacts:write'), async (request) => {
      await files.put(request.caller, pathOf(request), await bytesOf(request, fileLimitBytes))
      return {}
    }),
  )
}

function uploadRoutes(scope: FastifyInstance, base: string, { files, uploads }: ProxyNeeds): void {
  const target = (request: FastifyRequest, localPath: string) =>
    files.join(pathOf(request), localPath.split(/[\\/]/).at(-1)!)

  scope.post(`${base}/mpu/create/*`, asking('artifacts:write'), async (request) => {
    const { path, num_parts: count } = readMessage(messages.createUpload, request)
    const id = await uploads.begin(request.caller, target(request, path), count)
    const url = `${originOf(request)}${base}/mpu/parts/${id}`
    const credentials = Array.from({ length: count }, (_, i) => ({
      url: `${url}/${i + 1}`,
      part_number: i + 1,
      headers: {},
    }))
    return { upload_id: id, credentials }
  })
  scope.post(`${base}/mpu/complete/*`, asking('artifacts:write'), async (request) => {
    const { path, upload_id: id, parts } = readMessage(messages.completeUpload, request)
    const named = parts.map(({ part_number: number, etag }) => ({
      number,
      digest: etag?.replaceAll('"', '') || undefined,
    }))
    await uploads.complete(request.caller, id, target(request, path), named)
    return {}
  })
  scope.post(`${base}/mpu/abort/*`, asking('artifacts:write'), async (request) => {
    const { path, upload_id: id } = readMessage(messages.abortUpload, request)
    await uploads.abort(request.caller, id, target(request, path))
    return {}
  })
  // Clients send parts without a token: the id in the address is the permission, as in a presigned one.
  takingBytes(scope, (raw) =>
    raw.put(`${base}/mpu/parts/:upload_id/:number`, takesBytes('public'), async (request, reply) => {
      const { upload_id: id, number } = readMessage(messages.uploadPart, addressOf(request))
      const digest = await uploads.putPart(id, number, await bytesOf(request, fileLimitBytes))
      return reply.header('etag', `"${digest}"`).send({})
    }),
  )
}

/** A route option: refuses who may not, and bodies that are not JSON. */
export const asking = (access: Access) => ({
  onRequest: async (request: FastifyRequest) => {
    request.caller = await request.server.admit(request, access)
    requireJson(request)
  },
})

/** The same for raw bytes. Their type is a guess of the client's, and is nothing to us. */
export const takesBytes = (access: Access) => ({
  onRequest: async (request: FastifyRequest) => {
    request.caller = await request.server.admit(request, access)
    delete request.raw.headers['content-type']
  },
})

/** Routes in a scope that passes bodies on as they come. */
export function takingBytes(scope: FastifyInstance, add: (raw: FastifyInstance) => void): void {
  void scope.register(async (raw) => {
    await takeUploads(raw, { kind: 'bytes', limitBytes: fileLimitBytes })
    add(raw)
  })
}

/** The body as a stream; it fails past the limit, and when the client leaves before the end. */
export async function bytesOf(request: FastifyRequest, limitBytes: number): Promise<Readable> {
  request.body ??= Readable.from([])
  const { file } = (await readUpload(request, { kind: 'bytes', limitBytes })) as { file: Readable }
  return file
}

/** The message of a request whose body is not JSON. */
export const addressOf = ({ params, query }: FastifyRequest) => ({ params, query })

export const answerFile = (request: FastifyRequest, reply: FastifyReply, file: FileReply): FastifyReply =>
  sendFile(request, reply, file, 'application/octet-stream')

export const presentFile = ({ name, isFolder, sizeBytes }: Entry): MlflowFile => ({
  path: name,
  is_dir: isFolder,
  ...(sizeBytes !== null && { file_size: sizeBytes }),
})

const pathOf = (request: FastifyRequest) => (request.params as { '*': string })['*']

/** Where the client found us. A proxy before us that speaks TLS says so. */
function originOf(request: FastifyRequest): string {
  const protocol = request.headers['x-forwarded-proto'] === 'https' ? 'https' : request.protocol
  return `${protocol}://${request.host}`
}
