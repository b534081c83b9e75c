import type { StoredArtifact } from '@evenkeel/contract'
import type { Readable } from 'node:stream'
import type { FileReply } from '../../platform/http.ts'
import { periodic } from '../../platform/jobs.ts'
import { createFiles, type FilesDeps } from './files.ts'
import { createUploads } from './uploads.ts'

export type Artifacts = ReturnType<typeof createArtifacts>

export function createArtifacts(deps: FilesDeps) {
  const { blobs } = deps
  const uploads = createUploads(deps)

  return {
    files: createFiles(deps),
    uploads,
    jobs: [periodic('artifacts.expire_uploads', 3600, uploads.expire)],

    /** @throws DomainError `platform.digest_mismatch`, `platform.disk_full` */
    store: (bytes: Readable, digest: string | undefined): Promise<StoredArtifact> => blobs.put(bytes, { digest }),

    /** @throws DomainError `platform.blob_not_found` */
    async read(digest: string): Promise<FileReply> {
      const { sizeBytes } = await blobs.stat(digest)
      return { sizeBytes, digest, open: (range) => blobs.open(digest, range) }
    },
  }
}
