import { ConnectionError } from '@evenkeel/client'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { ImportContext } from './context.ts'
import { filesHere, type HereFile, isAboutOne, persistently } from './here.ts'
import { SourceRefusal } from './source/http.ts'
import type { SourceFile } from './source/index.ts'

export interface FolderPair {
  /** What the files belong to, for people. */
  readonly what: string
  readonly from: string
  readonly to: string
  /** Nothing lies there yet. */
  readonly isNew: boolean
}

interface FileCounts {
  readonly files: number
  readonly bytes: number
}

/**
 * Brings every file of a folder that is not here with its size; none is here before all of it is. What cannot be kept is
 * noted as a difference.
 */
export async function copyFolder(
  context: ImportContext,
  { what, from, to, isNew }: FolderPair,
): Promise<{ there: FileCounts; here: FileCounts }> {
  const { source, here, signal, tally } = context
  const known: ReadonlyMap<string, HereFile> = isNew ? new Map() : await persistently(signal, () => filesHere(here, to))
  const [there, kept] = [
    { files: 0, bytes: 0 },
    { files: 0, bytes: 0 },
  ]
  for await (const file of source.files(from)) {
    const stored = known.get(file.path)
    const isHere = stored !== undefined && (file.sizeBytes === undefined || file.sizeBytes === stored.sizeBytes)
    const sizeBytes = isHere ? stored.sizeBytes : await copyOrNote(context, file, { what, from, to })
    there.files++
    there.bytes += file.sizeBytes ?? sizeBytes ?? 0
    if (sizeBytes === undefined) continue
    kept.files++
    kept.bytes += sizeBytes
    if (file.sizeBytes !== undefined && file.sizeBytes !== sizeBytes) {
      tally.differs(what, `${file.path}: ${file.sizeBytes} bytes there, ${sizeBytes} here`)
    }
  }
  return { there, here: kept }
}

type Place = Omit<FolderPair, 'isNew'>

/** @returns the size that is here now; undefined when the file cannot be kept */
async function copyOrNote(context: ImportContext, file: SourceFile, place: Place): Promise<number | undefined> {
  try {
    return await persistently(context.signal, () => copy(context, file, place))
  } catch (error) {
    // A name that no file here can have, or a file that is gone meanwhile.
    if (!isAboutOne(error) && !(error instanceof SourceRefusal)) throw error
    const why = isAboutOne(error) ? error.why : `the source answered ${error.status}: ${error.message}`
    context.tally.differs(place.what, `${file.path}: ${why}`)
    return undefined
  }
}

/** Streams one file, and compares what was read with what was stored. */
async function copy(
  { source, here, signal }: ImportContext,
  { path }: SourceFile,
  { from, to }: Place,
): Promise<number> {
  const { url, body } = await source.open(from, path)
  const hash = createHash('sha256')
  let broken: { readonly by: unknown } | undefined
  async function* reading(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body ?? []) {
        hash.update(chunk)
        yield chunk
      }
    } catch (by) {
      broken = { by }
      throw by
    }
  }
  const file = Readable.toWeb(Readable.from(reading())) as ReadableStream<Uint8Array>
  const request = { query: { path: `${to}/${path}` }, file }
  const stored = await here.artifacts.putFile(request, { signal }).catch((error: unknown) => {
    // The upload broke because the download did.
    throw broken ? new ConnectionError(url, broken.by) : error
  })
  if (stored.digest === `sha256:${hash.digest('hex')}`) return stored.sizeBytes
  throw new ConnectionError(url, new Error(`${path} did not arrive as it was read`))
}
