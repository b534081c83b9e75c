import type { StoredArtifact } from '@evenkeel/contract'
import type { Readable } from 'node:stream'
import type { BlobStore } from '../../platform/blobs/blob-store.ts'
import type { FileReply } from '../../platform/http.ts'

export interface Artifacts {
  /** @throws DomainError `platform.digest_mismatch`, `platform.disk_full` */
  store(bytes: Readable, digest: string | undefined): Promise<StoredArtifact>
  /** @throws DomainError `platform.blob_not_found` */
  read(digest: string): Promise<FileReply>
}

export function createArtifacts({ blobs }: { blobs: BlobStore }): Artifacts {
  return {
    store: (bytes, digest) => blobs.put(bytes, { digest }),
    async read(digest) {
      const { sizeBytes } = await blobs.stat(digest)
      return { sizeBytes, digest, open: (range) => blobs.open(digest, range) }
    },
  }
}
