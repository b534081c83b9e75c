import { fileURLToPath } from 'node:url'
import type { BlobStore } from './blob-store.ts'
import { createFilesystemBlobStore } from './filesystem/index.ts'

/** What a store that lies elsewhere may use of this disk. */
export interface LocalSpace {
  readonly cacheFolder: string
  readonly cacheLimitBytes: number
}

/** Every place that can hold blobs, by the protocol of its URL. A new one is a folder, a line here and a green suite. */
export const blobStoreKinds: Readonly<Record<string, (url: URL, space: LocalSpace) => Promise<BlobStore>>> = {
  'file:': async (url) => createFilesystemBlobStore({ folder: fileURLToPath(url) }),
  // Its library is large, and most installations need none of it.
  's3:': async (url, space) => (await import('./s3/index.ts')).createS3BlobStore({ url, ...space }),
}

/** @throws Error when no kind of store has this protocol */
export async function openBlobStore(url: string, space: LocalSpace): Promise<BlobStore> {
  const parsed = URL.parse(url)
  const open = blobStoreKinds[parsed?.protocol ?? '']
  if (parsed && open) return open(parsed, space)
  const known = Object.keys(blobStoreKinds).map((protocol) => `${protocol}//…`)
  throw new Error(
    `EVENKEEL_BLOB_URL is "${url}", and blobs can be kept at ${known.join(', ')} only. Correct or unset it.`,
  )
}
