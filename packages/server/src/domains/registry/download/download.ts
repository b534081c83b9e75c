import { folderNameOf, type ModelVersion, registryErrors } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import { failures } from '../../../platform/errors.ts'
import type { FileReply } from '../../../platform/http.ts'
import { requestText } from '../snippets/request.ts'
import { sampleOf } from '../snippets/sample.ts'
import { folderOf, type LoggedFile } from './folder.ts'
import { tarOf } from './tar.ts'

const fail = failures(registryErrors)

/** A folder of a model has some dozens; what has more is data. */
const mostFiles = 10_000

export interface DownloadNeeds {
  readonly blobs: BlobStore
  /**
   * Up to `limit` files in a place that MLflow knows, with their paths below it; null when they lie elsewhere.
   */
  readonly filesAt: (projectId: string, uri: string, limit: number) => Promise<readonly LoggedFile[] | null>
}

/** A version as a folder in a tar. @throws DomainError `registry.nothing_to_download` */
export async function download(
  { blobs, filesAt }: DownloadNeeds,
  projectId: string,
  version: ModelVersion,
): Promise<FileReply> {
  const { model, version: number, origin, artifact } = version
  const refuse = (why: string) => fail('registry.nothing_to_download', { model, version: number }, { why })
  const logged = origin && (await filesAt(projectId, origin.uri, mostFiles + 1))
  if (logged && logged.length > mostFiles) throw refuse(`More than ${mostFiles} files lie in ${origin?.uri}.`)
  if (!artifact && !logged?.length) {
    throw refuse(
      logged ? `No file lies in ${origin?.uri}.` : `Its files lie in ${origin?.uri}, where clients keep them.`,
    )
  }
  const sample = await sampleOf(blobs, version)
  const files = await folderOf(blobs, version, { logged: logged ?? [], request: sample && requestText(sample) })
  const folder = folderNameOf(version)
  const { sizeBytes, open } = tarOf(folder, files, new Date(version.createdAt))
  const sums = createHash('sha256').update(`${folder}\n`)
  for (const { path, digest } of files) sums.update(`${digest} ${path}\n`)
  return { sizeBytes, open, fileName: `${folder}.tar`, digest: `tar-${sums.digest('hex')}` }
}
