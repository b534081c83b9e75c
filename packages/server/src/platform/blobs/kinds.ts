import { fileURLToPath } from 'node:url'
import type { BlobStore } from './blob-store.ts'
import { createFilesystemBlobStore } from './filesystem/index.ts'

/** Every place that can hold blobs, by the protocol of its URL. A new one is a folder, a line here and a green suite. */
export const blobStoreKinds: Readonly<Record<string, (url: URL) => BlobStore>> = {
  'file:': (url) => createFilesystemBlobStore({ folder: fileURLToPath(url) }),
}

/** @throws Error when no kind of store has this protocol */
export function openBlobStore(url: string): BlobStore {
  const parsed = URL.parse(url)
  const open = blobStoreKinds[parsed?.protocol ?? '']
  if (parsed && open) return open(parsed)
  const known = Object.keys(blobStoreKinds).map((protocol) => `${protocol}//…`)
  throw new Error(
    `EVENKEEL_BLOB_URL is "${url}", and blobs can be kept at ${known.join(', ')} only. Correct or unset it.`,
  )
}
