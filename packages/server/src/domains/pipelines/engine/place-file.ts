import { constants, copyFile, link } from 'node:fs/promises'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import { DomainError } from '../../../platform/errors.ts'
import type { PlaceFile } from '../executors/executor.ts'

/** An input could not be put in its place. */
export class InputUnavailable extends Error {
  override readonly name = 'InputUnavailable'
}

/**
 * Puts stored content where a step reads it: a clone where the file system can, else a hard link, else a copy. Stored
 * files are read-only (0444), and so is what comes of them.
 */
export const placeFrom =
  (blobs: BlobStore): PlaceFile =>
  async (digest, target) => {
    const source = await blobs.localPath(digest).catch((cause: unknown) => {
      const why = cause instanceof DomainError ? cause.message : 'The blob store does not answer.'
      throw new InputUnavailable(`The input ${digest} cannot be read: ${why}`, { cause })
    })
    await copyFile(source, target, constants.COPYFILE_FICLONE_FORCE)
      .catch(() => link(source, target))
      .catch(() => copyFile(source, target))
  }
