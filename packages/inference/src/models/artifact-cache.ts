import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isErrno, writeFileSafely } from '../files.ts'

/**
 * Reads an artifact of the control plane.
 *
 * @throws DownloadRefused for an answer that will not change by asking again; another error when there is none
 */
export type Download = (path: string, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>

/** Content came that does not have its digest; it was deleted. */
export class DigestMismatch extends Error {
  override readonly name = 'DigestMismatch'
}

export class DownloadRefused extends Error {
  override readonly name = 'DownloadRefused'
}

/** Downloads from one control plane, and never from elsewhere: a path is all that a desired state may say. */
export function downloadFrom(baseUrl: string, token: string | undefined): Download {
  return async (path, signal) => {
    if (!path.startsWith('/'))
      throw new DownloadRefused(`"${path}" leads away from ${baseUrl}; it must begin with "/".`)
    const url = baseUrl.replace(/\/$/, '') + path
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(url, { headers, signal, redirect: 'manual' })
    if (response.ok && response.body) return response.body
    await response.body?.cancel()
    const message = `GET ${url} answered ${response.status}.`
    throw response.status < 500 ? new DownloadRefused(message) : new Error(message)
  }
}

export interface ArtifactCache {
  /**
   * Where the artifact lies on this disk, fetched when it is not here yet.
   *
   * @throws DigestMismatch when the control plane sends other content
   */
  fetch(digest: string, path: string, signal: AbortSignal): Promise<string>
  /** Deletes everything but these. */
  prune(digests: ReadonlySet<string>): Promise<void>
}

/** Keeps artifacts as files named by their digest; a file is there only when it is whole. */
export async function openArtifactCache(folder: string, download: Download): Promise<ArtifactCache> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const files = async () => (await readdir(folder)).map((name) => join(folder, name))
  const unfinished = (await files()).filter((file) => file.endsWith('.part'))
  await Promise.all(unfinished.map((file) => rm(file, { force: true })))
  const pathOf = (digest: string) => join(folder, digest.replace('sha256:', ''))

  return {
    async fetch(digest, path, signal) {
      const kept = pathOf(digest)
      if ((await digestOf(kept)) === digest) return kept
      const actual = await receive(await download(path, signal), kept)
      if (actual === digest) return kept
      await rm(kept)
      throw new DigestMismatch(
        `The content at ${path} has the digest ${actual}; expected was ${digest}. It was deleted.`,
      )
    },
    async prune(digests) {
      const kept = new Set([...digests].map((digest) => pathOf(digest)))
      const old = (await files()).filter((file) => !kept.has(file) && !file.endsWith('.part'))
      await Promise.all(old.map((file) => rm(file, { force: true })))
    },
  }
}

/** Hashes again whenever a model is loaded: a disk may rot. Undefined when there is no file. */
async function digestOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
  return `sha256:${hash.digest('hex')}`
}

/** Writes a stream to a file while it is hashed; returns the digest. */
async function receive(stream: ReadableStream<Uint8Array>, path: string): Promise<string> {
  const hash = createHash('sha256')
  await writeFileSafely(path, hashing(Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]), hash))
  return `sha256:${hash.digest('hex')}`
}

async function* hashing(chunks: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}
