import { FolderManifest } from '@evenkeel/contract'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import { pooled } from '../../../platform/pooled.ts'
import type { JobFolder } from '../executors/executor.ts'
import type { StoredOutput } from './job.ts'

/** Files that are read at the same time. */
const atOnce = 8

/** Stores each file of a folder, and then the list of them; its digest stands for the folder. */
export async function storeFolder(blobs: BlobStore, folder: JobFolder): Promise<StoredOutput> {
  const files = await pooled(folder.files, atOnce, async ({ path, executable, open }) => {
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

/**
 * The first content of an output that is no longer stored: the file itself, or one file of a folder. What is there stays
 * for whoever takes the output over.
 */
export async function missingPart(blobs: BlobStore, { digest, fileCount }: StoredOutput): Promise<string | undefined> {
  const [missing] = await blobs.claim([digest])
  if (missing !== undefined || !isFolder({ fileCount })) return missing
  const { files } = await readFolder(blobs, digest)
  const [first] = await blobs.claim(files.map((file) => file.digest))
  return first
}

export const isFolder = ({ fileCount }: { readonly fileCount?: number | undefined }): boolean =>
  typeof fileCount === 'number'
