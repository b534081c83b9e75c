import { monitoringErrors, PredictionRecord } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { failures } from '../../platform/errors.ts'
import { storable as storableText } from '../../platform/storable.ts'

const fail = failures(monitoringErrors)
const unzip = promisify(gunzip)

/** Largest segment after unpacking; a small file can hold a lot of zeros. */
const limitBytes = 256 * 1024 ** 2
const linesPerTurn = 1000

export interface Segment {
  /** As they came. */
  readonly bytes: Buffer
  readonly records: readonly PredictionRecord[]
}

/**
 * Reads a segment: JSON lines, plain or gzip, one prediction record each. Empty lines are left out.
 *
 * @param digest - what the bytes must have, as they came
 * @throws DomainError `monitoring.bad_segment` naming the first bad line
 */
export async function readSegment(file: Readable, digest: string): Promise<Segment> {
  const bytes = await buffer(file)
  const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  if (actual !== digest) throw bad(`its digest is ${actual}, and ${digest} was announced`)
  const lines = (await unpack(bytes)).toString('utf8').split('\n')
  const records: PredictionRecord[] = []
  for (const [i, line] of lines.entries()) {
    if (line.trim() !== '') records.push(readLine(line, i + 1))
    // Other requests get their turn while a large segment is read.
    if (i % linesPerTurn === linesPerTurn - 1) await new Promise(setImmediate)
  }
  return { bytes, records }
}

async function unpack(bytes: Buffer): Promise<Buffer> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return await unzip(bytes, { maxOutputLength: limitBytes })
  } catch (cause) {
    throw bad(`it cannot be unpacked (${(cause as Error).message})`)
  }
}

function readLine(line: string, number: number): PredictionRecord {
  const parsed = PredictionRecord.safeParse(parseJson(line, number))
  if (parsed.success) return hasUnstorable(line) ? storable(parsed.data) : parsed.data
  const [issue] = parsed.error.issues
  throw bad(`line ${number}: ${issue?.path.join('.') || 'record'}: ${issue?.message}`, number)
}

function parseJson(line: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw bad(`line ${number} is not JSON`, number)
  }
}

const bad = (reason: string, line?: number) =>
  fail(
    'monitoring.bad_segment',
    { reason, ...(line !== undefined && { line }) },
    { why: `The segment was refused: ${reason}.` },
  )

/** Whether a line holds an escape that PostgreSQL does not take. The blob keeps it as it came. */
const hasUnstorable = (line: string) => /\\u(0000|d[89a-f])/i.test(line)

function storable(record: PredictionRecord): PredictionRecord {
  return JSON.parse(JSON.stringify(record), (_, value: unknown) =>
    typeof value === 'string' ? storableText(value) : value,
  ) as PredictionRecord
}
