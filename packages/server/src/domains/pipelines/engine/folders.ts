import { FolderManifest } from '@evenkeel/contract'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import type { JobFolder } from '../executors/executor.ts'
import type { StoredOutput } from './job.ts'

/** Files that are read at the same time. */
const atOnce = 8

/** Stores each file of a folder, and then the list of them; its digest stands for the folder. */
export async function storeFolder(blobs: BlobStore, folder: JobFolder): Promise<StoredOutput> {
  const files = await pooled(folder.files, async ({ path, executable, open }) => {
    const { digest, sizeBytes } = await blobs.put(open())
    return { path, digest, sizeBytes, executable }
  })
  files.sort((a, b) => (a.path < b.path ? -1 : 1))
  const manifest: FolderManifest = { kind: 'evenkeel.folder', version: 1, files }
  const { digest } = await blobs.put(Buffer.from(JSON.stringify(manifest)))
  return { digest, sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0), fileCount: files.length }
}

/** @throws DomainError `platform.blob_not_found` */
export async function readFolder(blobs: BlobStore, digest: string): Promise<FolderManifest> {
  return FolderManifest.parse(JSON.parse((await blobs.bytes(digest)).toString()))
}

/** The first content of an output that is no longer stored: the file itself, or one file of a folder. */
export async function missingPart(blobs: BlobStore, { digest, fileCount }: StoredOutput): Promise<string | undefined> {
  if (!(await blobs.has(digest))) return digest
  if (!isFolder({ fileCount })) return undefined
  const { files } = await readFolder(blobs, digest)
  const digests = [...new Set(files.map((file) => file.digest))]
  const there = await pooled(digests, (one) => blobs.has(one))
  return digests.find((_, at) => !there[at])
}

export const isFolder = ({ fileCount }: { readonly fileCount?: number | undefined }): boolean =>
  typeof fileCount === 'number'

/** Works on a few items at a time; the results are in the order of the items. */
async function pooled<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const entries = items.entries()
  const take = async () => {
    for (const [at, item] of entries) results[at] = await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, take))
  return results
}
