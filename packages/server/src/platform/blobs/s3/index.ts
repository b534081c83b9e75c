import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { ByteRange } from '../../http/download.ts'
import { type BlobStore, claimAfterMs, type StoredBlob } from '../blob-store.ts'
import { claimed } from '../claim.ts'
import { digestNamed, hexOf } from '../digest.ts'
import { createFilesystemBlobStore } from '../filesystem/index.ts'
import type { StoreNeeds } from '../kinds.ts'
import { readAddress } from './address.ts'
import { createBlobCache } from './cache.ts'
import { translated } from './faults.ts'
import { unfinishedUploads } from './unfinished.ts'

export interface S3Options extends StoreNeeds {
  readonly url: URL
}

const [partBytes, mostParts, partsAtOnce] = [16 * 1024 ** 2, 9000, 3]

/** Stores that are not Amazon's seldom have a host name for each bucket, and some refuse its newer checksums. */
const compatible = {
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
} as const

/** Keeps blobs as objects `<prefix>sha256/ab/cd/<hex>` of a bucket. */
export function createS3BlobStore({ url, cacheFolder, cacheLimitBytes, touch }: S3Options): BlobStore {
  const { bucket: Bucket, prefix, endpoint, region } = readAddress(url)
  // A copy may go at any time: nobody relies on it.
  const files = createFilesystemBlobStore({ folder: cacheFolder, touch: async () => {} })
  const cache = createBlobCache({ files, limitBytes: cacheLimitBytes, now: Date.now })
  const client = new S3Client({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { ...compatible, endpoint, region: region ?? 'us-east-1' }),
  })
  const keyOf = (digest: string) => {
    const hex = hexOf(digest)
    return `${prefix}sha256/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex}`
  }
  const fault = (digest?: string) => (error: unknown) => {
    throw translated(error, Bucket, digest)
  }

  async function find(digest: string): Promise<StoredBlob> {
    const asked = client.send(new HeadObjectCommand({ Bucket, Key: keyOf(digest) }))
    const { ContentLength } = await asked.catch(fault(digest))
    return { digest, sizeBytes: ContentLength ?? 0 }
  }

  const has = (digest: string): Promise<boolean> =>
    find(digest).then(
      () => true,
      (error: unknown) => {
        if (isBlobNotFound(error)) return false
        throw error
      },
    )

  /** An object is there as a whole or not at all; parts of an upload that fails are taken away. */
  async function send({ digest, sizeBytes }: StoredBlob): Promise<void> {
    const params = { Bucket, Key: keyOf(digest), Body: createReadStream(await files.localPath(digest)) }
    const partSize = Math.max(partBytes, Math.ceil(sizeBytes / mostParts))
    await new Upload({ client, params, partSize, queueSize: partsAtOnce, leavePartsOnError: false })
      .done()
      .catch(fault())
  }

  /** The time of an object is that at which its upload began: after a long one, it may seem old already. */
  async function bring(stored: StoredBlob): Promise<void> {
    await touch([stored.digest])
    if (await has(stored.digest)) return
    const begunMs = Date.now()
    await send(stored)
    if (Date.now() - begunMs > claimAfterMs) await bring(stored)
  }

  async function* read(digest: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    const Range = range && `bytes=${range.start}-${range.end}`
    const asked = client.send(new GetObjectCommand({ Bucket, Key: keyOf(digest), ...(Range && { Range }) }))
    const { Body } = await asked.catch(fault(digest))
    try {
      yield* Body as Readable
    } catch (error) {
      throw translated(error, Bucket, digest)
    }
  }

  const open = (digest: string, range?: ByteRange): Readable =>
    Readable.from(read(digest, range), { objectMode: false, highWaterMark: 256 * 1024 })

  return {
    kind: 's3',
    localFolder: files.localFolder,

    async put(source, options) {
      // Its name is its digest, which is known at its end; until then it lies here.
      const stored = await cache.put(source, options)
      await bring(stored)
      await cache.kept(stored.sizeBytes)
      return stored
    },

    stat: find,
    has,
    claim: (digests) => claimed(digests, touch, has),
    open,
    bytes: async (digest) => Buffer.concat(await Array.fromAsync(read(digest))),

    async localPath(digest) {
      await find(digest)
      return cache.path(digest, () => open(digest))
    },

    dropLocal: cache.delete,

    async delete(digest) {
      await client.send(new DeleteObjectCommand({ Bucket, Key: keyOf(digest) })).catch(fault())
      await cache.delete(digest)
    },

    async *list() {
      const asked = { Bucket, Prefix: `${prefix}sha256/` }
      try {
        for await (const { Contents = [] } of paginateListObjectsV2({ client }, asked)) {
          for (const { Key = '', Size = 0, LastModified = new Date() } of Contents) {
            const digest = digestNamed(Key.split('/').at(-1)!)
            if (digest) yield { digest, sizeBytes: Size, storedAt: LastModified }
          }
        }
      } catch (error) {
        throw translated(error, Bucket)
      }
    },

    async *unfinished(since) {
      yield* files.unfinished(since)
      try {
        yield* unfinishedUploads(client, { Bucket, Prefix: `${prefix}sha256/` }, since)
      } catch (error) {
        throw translated(error, Bucket)
      }
    },
  }
}

const isBlobNotFound = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'platform.blob_not_found'
