import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { CliError, exitCodes } from '../errors.ts'
import { filesHere, type HereFile, persistently } from '../import/here.ts'
import { SourceRefusal } from '../import/source/http.ts'
import type { ExportContext } from './context.ts'

export interface FolderPair {
  /** What the files belong to, for people. */
  readonly what: string
  readonly from: string
  readonly to: string
  /** Nothing lies there yet. */
  readonly isNew: boolean
  /** Digest of the files that were exported in full before; undefined when they never were. */
  readonly before: string | undefined
}

interface FileCounts {
  files: number
  bytes: number
}

export interface SentFolder {
  readonly here: FileCounts
  readonly there: FileCounts
  /** Of all files with their names. */
  readonly digest: string
  readonly isWhole: boolean
}

/**
 * Sends every file of a folder that is not there with its size, and all of them again when any has changed since they
 * were there in full: a size says nothing about that. What cannot be kept is noted as a difference.
 */
export async function sendFolder(context: ExportContext, pair: FolderPair): Promise<SentFolder> {
  const { here, signal, full, tally } = context
  const { what, from, to } = pair
  const files = await persistently(signal, () => filesHere(here, from))
  const digest = digestOf(files)
  const again = full || (pair.before !== undefined && pair.before !== digest)
  const lie = pair.isNew ? new Map<string, number | undefined>() : await sizesIn(context, to)
  const missing = [...files].filter(([path, file]) => again || !isThere(lie, path, file))
  for (const [path, file] of missing) await sendOrNote(context, { ...pair, path }, file)
  const now = missing.length === 0 ? lie : await sizesIn(context, to)
  const [countsHere, countsThere] = [noFiles(), noFiles()]
  for (const [path, file] of files) {
    add(countsHere, file.sizeBytes)
    if (!now.has(path)) continue
    const sizeBytes = now.get(path) ?? file.sizeBytes
    add(countsThere, sizeBytes)
    if (sizeBytes !== file.sizeBytes) tally.differs(what, `${path}: ${sizeBytes} bytes there, ${file.sizeBytes} here`)
  }
  const isWhole = countsHere.files === countsThere.files && countsHere.bytes === countsThere.bytes
  return { here: countsHere, there: countsThere, digest, isWhole }
}

const noFiles = (): FileCounts => ({ files: 0, bytes: 0 })

function add(counts: FileCounts, sizeBytes: number): void {
  counts.files++
  counts.bytes += sizeBytes
}

/** A few stores do not tell sizes. */
const isThere = (sizes: ReadonlyMap<string, number | undefined>, path: string, { sizeBytes }: HereFile) =>
  sizes.has(path) && (sizes.get(path) ?? sizeBytes) === sizeBytes

async function sizesIn({ target }: ExportContext, folder: string): Promise<ReadonlyMap<string, number | undefined>> {
  const sizes = new Map<string, number | undefined>()
  for await (const { path, sizeBytes } of target.files(folder)) sizes.set(path, sizeBytes)
  return sizes
}

function digestOf(files: ReadonlyMap<string, HereFile>): string {
  const lines = [...files].map(([path, { digest }]) => `${digest} ${path}`).toSorted()
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

type FilePair = FolderPair & { readonly path: string }

async function sendOrNote(context: ExportContext, pair: FilePair, file: HereFile): Promise<void> {
  try {
    await send(context, pair, file)
    context.progress.brought({ bytes: file.sizeBytes })
  } catch (error) {
    if (!(error instanceof SourceRefusal)) throw error
    // A name that no file there can have, or one that is too large for what stands in front of the server.
    context.tally.differs(pair.what, `${pair.path}: the target answered ${error.status}: ${error.message}`)
  }
}

/** Streams one file, and compares what was sent with what is here. */
async function send(
  { source, target, tally }: ExportContext,
  { what, from, to, path }: FilePair,
  file: HereFile,
): Promise<void> {
  let sent = ''
  let broken: { readonly by: unknown } | undefined
  async function* reading(): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256')
    broken = undefined
    try {
      const { body } = await source.open(from, path)
      for await (const chunk of body ?? []) {
        hash.update(chunk)
        yield chunk
      }
      sent = `sha256:${hash.digest('hex')}`
    } catch (by) {
      broken = { by }
      throw by
    }
  }
  const open = async () => Readable.toWeb(Readable.from(reading())) as ReadableStream<Uint8Array>
  try {
    await target.putFile({ folder: to, path }, open, file.sizeBytes)
  } catch (error) {
    // The upload broke because the download did.
    throw broken ? notRead(path, broken.by) : error
  }
  if (sent !== file.digest) tally.differs(what, `${path}: it changed while it was read; run the command again`)
}

const notRead = (path: string, cause: unknown) =>
  cause instanceof CliError
    ? cause
    : new CliError(
        {
          code: 'cli.here_unreachable',
          message: 'A file could not be read from Evenkeel',
          why: `${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
          fix: 'run the same command again; it goes on where it stopped',
          exitCode: exitCodes.unreachable,
        },
        { cause },
      )
