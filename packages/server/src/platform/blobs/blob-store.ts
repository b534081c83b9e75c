import type { Readable } from 'node:stream'
import type { ByteRange } from '../http/download.ts'

export interface StoredBlob {
  /** `sha256:` and 64 hex digits. */
  readonly digest: string
  readonly sizeBytes: number
}

export interface ListedBlob extends StoredBlob {
  /** When it was last written. */
  readonly storedAt: Date
}

/** What somebody began to store, and never ended. */
export interface UnfinishedBlob {
  readonly sizeBytes: number
  drop(): Promise<void>
}

/** Whoever has put content so long ago claims it before referring to it: half of the shortest grace of a collection. */
export const claimAfterMs = 1_800_000

/** Content under its sha256: the same bytes are kept once and never change. */
export interface BlobStore {
  readonly kind: string
  /** Where the files of `localPath` lie. */
  readonly localFolder: string
  /**
   * Stores a stream. When it resolves, the bytes are safe, and stay at least for the grace of the next collection: refer
   * to them within `claimAfterMs`, or claim them again. When it rejects, nothing is left behind.
   *
   * @param digest - what the bytes must have
   * @throws DomainError `platform.digest_mismatch`, `platform.disk_full`, `platform.blobs_unavailable`, or what the source fails with
   */
  put(source: Readable | Uint8Array, options?: { readonly digest?: string | undefined }): Promise<StoredBlob>
  /** @throws DomainError `platform.blob_not_found` */
  stat(digest: string): Promise<StoredBlob>
  has(digest: string): Promise<boolean>
  /**
   * Call it before you refer to content that you have not just put: what is there stays as if it had been put now.
   *
   * @returns those that are not there
   */
  claim(digests: readonly string[]): Promise<string[]>
  /** Reads the bytes, or one range of them. A missing blob fails the stream. */
  open(digest: string, range?: ByteRange): Readable
  /** @throws DomainError `platform.blob_not_found` */
  bytes(digest: string): Promise<Buffer>
  /** A file that other programs (DuckDB) may read and must not write. @throws DomainError `platform.blob_not_found` */
  localPath(digest: string): Promise<string>
  /** Throws the file of `localPath` away because it is damaged. What is safe elsewhere stays, and comes back. */
  dropLocal(digest: string): Promise<void>
  /** Does nothing when it is not there. Only a collection may: somebody else might be about to refer to it. */
  delete(digest: string): Promise<void>
  /** All that is stored, in no particular order. */
  list(): AsyncIterable<ListedBlob>
  /** What is on its way and got no byte since. */
  unfinished(since: Date): AsyncIterable<UnfinishedBlob>
}
