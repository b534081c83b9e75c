import { registryErrors, type StoredFile } from '@evenkeel/contract'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import { failures } from '../../../platform/errors.ts'
import { pooled } from '../../../platform/pooled.ts'

const fail = failures(registryErrors)

export const badFolder = (reason: string, cause?: unknown) =>
  fail('registry.bad_folder', { reason }, { why: reason, cause })

const filesAtOnce = 8

/** Everything is stored, once under each path, and as large as was said. @throws DomainError `registry.bad_folder` */
export async function requireStored(blobs: BlobStore, files: readonly StoredFile[]): Promise<void> {
  const paths = new Set<string>()
  for (const { path } of files) {
    if (paths.has(path)) throw badFolder(`The path "${path}" is there twice.`)
    paths.add(path)
  }
  const [missing] = await blobs.claim([...new Set(files.map(({ digest }) => digest))])
  if (missing !== undefined)
    throw badFolder(`Nothing is stored under ${missing}; upload it with PUT /api/v1/artifacts.`)
  await pooled(files, filesAtOnce, async ({ path, digest, sizeBytes: announced }) => {
    const { sizeBytes } = await blobs.stat(digest)
    if (sizeBytes !== announced)
      throw badFolder(`The file "${path}" has ${sizeBytes} bytes, but ${announced} were announced.`)
  })
}
