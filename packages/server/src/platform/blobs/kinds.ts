import { fileURLToPath } from 'node:url'
import type { BlobStore } from './blob-store.ts'
import { createFilesystemBlobStore } from './filesystem/index.ts'
import type { Touch } from './touches.ts'

export interface StoreNeeds {
  /** Where a store that lies elsewhere keeps copies, and how much of this disk they may take. */
  readonly cacheFolder: string
  readonly cacheLimitBytes: number
  /** Called before content is put in its place, or found there. */
  readonly touch: Touch
}

/** Every place that can hold blobs, by the protocol of its URL. A new one is a folder, a line here and a green suite. */
export const blobStoreKinds: Readonly<Record<string, (url: URL, needs: StoreNeeds) => Promise<BlobStore>>> = {
  'file:': async (url, { touch }) => createFilesystemBlobStore({ folder: fileURLToPath(url), touch }),
  // Its library is large, and most installations need none of it.
  's3:': async (url, needs) => (await import('./s3/index.ts')).createS3BlobStore({ url, ...needs }),
}

/** @throws Error when no kind of store has this protocol */
export async function openBlobStore(url: string, needs: StoreNeeds): Promise<BlobStore> {
  const parsed = URL.parse(url)
  const open = blobStoreKinds[parsed?.protocol ?? '']
  if (parsed && open) return open(parsed, needs)
  const known = Object.keys(blobStoreKinds).map((protocol) => `${protocol}//…`)
  throw new Error(
    `EVENKEEL_BLOB_URL is "${url}", and blobs can be kept at ${known.join(', ')} only. Correct or unset it.`,
  )
}
