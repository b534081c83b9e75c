import { mkdir, rm } from 'node:fs/promises'
import { unavailable } from '../protocol/refusal.ts'
import { Batch, splitLines } from './batch.ts'
import { lineCount } from './line-count.ts'
import { createSegment, type Segment } from './segment.ts'

/** A closed segment, ready to be sent: the first `sizeBytes` of the file. */
export interface ClosedSegment {
  readonly id: string
  readonly path: string
  readonly sizeBytes: number
  readonly digest: string
}

export interface RecorderOptions {
  readonly folder: string
  /** Begins the id of every segment; different for each process. */
  readonly idPrefix: string
  readonly onClosed: (segment: ClosedSegment) => void
  /** Told when the disk fails, and with undefined when it works again. */
  readonly onProblem: (problem: string | undefined) => void
  /** Bytes of closed segments that wait to be sent. */
  readonly unsentBytes: () => number
  /** Nothing is taken while more bytes than this are unsent, or wait for the disk. */
  readonly unsentLimitBytes?: number
  /** Age at which a segment is closed; asked again and again while one is open. */
  readonly segmentAgeMs: () => number
}

export interface Recorder {
  /**
   * Writes whole lines to the disk; what comes while the disk is busy goes out together, in one write and one sync.
   *
   * @returns when they are on the disk
   * @throws Refusal (503) when the disk does not take them, or too much waits to be sent
   */
  write(lines: string): Promise<void>
  /** The same within 100 ms, unheard: what is not taken is counted in `dropped`. */
  writeSoon(lines: string): void
  /** Lines of `writeSoon` that were lost: the disk failed, or too much waits to be sent. */
  readonly dropped: Readonly<Record<'disk' | 'unsent', number>>
  /** Writes and closes what is open. */
  stop(): Promise<void>
}

const soonMs = 100
const lookMs = 250
const segmentSizeBytes = 8 * 1024 ** 2
const largestReserveBytes = 1024 ** 2
const defaultUnsentBytes = 2 * 1024 ** 3

/** Opens the prediction log. Its segments are closed by age and size, and handed to `onClosed`. */
export async function openRecorder(options: RecorderOptions): Promise<Recorder> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 })
  const { unsentLimitBytes = defaultUnsentBytes, onProblem } = options
  const dropped = { disk: 0, unsent: 0 }
  const batches: Batch[] = []
  let waitingBytes = 0
  const closings = new Set<Promise<void>>()
  let segment: Segment | undefined
  /** The one after: to make a file last takes the disk several milliseconds, in which nothing could be answered. */
  let spare: Promise<Segment> | undefined
  let nextNumber = 0
  let reserveBytes = 0
  let closeDue = false
  let working = false
  let writer: Promise<void> | undefined
  let soonTimer: NodeJS.Timeout | undefined
  let ageTimer: NodeJS.Timeout | undefined

  /** Starts the one writer, unless it is at work: it goes on until nothing is left to do. */
  function wake(): void {
    if (!working) writer = work()
  }

  async function work(): Promise<void> {
    working = true
    clearTimeout(soonTimer)
    soonTimer = undefined
    while (batches.length > 0 || closeDue) {
      const batch = batches.shift()
      if (batch) await writeBatch(batch)
      if (closeDue || (segment && segment.sizeBytes >= segmentSizeBytes)) closeSegment()
    }
    working = false
  }

  async function writeBatch(batch: Batch): Promise<void> {
    try {
      segment ??= await startSegment()
      await segment.append(batch.content())
      onProblem(undefined)
      batch.succeed()
    } catch (error) {
      closeDue = true
      dropped.disk += batch.unheardCount
      const refusal = cannotWrite(error)
      onProblem(refusal.message)
      batch.fail(refusal)
    } finally {
      waitingBytes -= batch.length
    }
  }

  const makeSegment = () => createSegment(options.folder, `${options.idPrefix}-${nextNumber++}`, reserveBytes)

  async function startSegment(): Promise<Segment> {
    const started = (await spare?.catch(() => undefined)) ?? (await makeSegment())
    spare = makeSegment()
    spare.catch(() => undefined)
    watchAge(performance.now())
    return started
  }

  function watchAge(startedAt: number): void {
    const leftMs = startedAt + options.segmentAgeMs() - performance.now()
    if (leftMs > 0) {
      ageTimer = setTimeout(() => watchAge(startedAt), Math.min(leftMs, lookMs))
      return
    }
    closeDue = true
    wake()
  }

  function closeSegment(): void {
    closeDue = false
    clearTimeout(ageTimer)
    if (!segment) return
    // The next ones will be about as large.
    reserveBytes = Math.min(segment.sizeBytes, largestReserveBytes)
    track(close(segment))
    segment = undefined
  }

  function track(closing: Promise<void>): void {
    closings.add(closing)
    void closing.then(() => closings.delete(closing))
  }

  async function close(closing: Segment): Promise<void> {
    const { id, path, sizeBytes } = closing
    try {
      const digest = await closing.close()
      if (sizeBytes === 0) await rm(path, { force: true })
      else options.onClosed({ id, path, sizeBytes, digest })
    } catch (error) {
      // The file stays, and the next process sends it.
      onProblem(`The segment ${path} could not be closed: ${String(error)}`)
    }
  }

  /** The batch that the next lines join. */
  function openBatch(): Batch {
    const last = batches.at(-1)
    if (last && !last.isFull) return last
    const batch = new Batch()
    batches.push(batch)
    return batch
  }

  function add(lines: string): Batch {
    const batch = openBatch()
    batch.add(lines)
    waitingBytes += lines.length
    return batch
  }

  const isFull = () => options.unsentBytes() + waitingBytes > unsentLimitBytes

  return {
    dropped,
    async write(lines) {
      if (isFull()) throw tooMuchUnsent(unsentLimitBytes)
      const written = splitLines(lines).map((piece) => add(piece).written)
      wake()
      await (written.length === 1 ? written[0] : Promise.all(written))
    },
    writeSoon(lines) {
      const pieces = splitLines(lines)
      if (isFull()) {
        dropped.unsent += pieces.reduce((count, piece) => count + lineCount(piece), 0)
        return
      }
      for (const piece of pieces) add(piece).unheardCount += lineCount(piece)
      soonTimer ??= setTimeout(wake, soonMs)
    },
    async stop() {
      closeDue = true
      wake()
      await writer
      const unused = await spare?.catch(() => undefined)
      if (unused) track(close(unused))
      await Promise.all(closings)
    },
  }
}

const cannotWrite = (error: unknown) =>
  unavailable(
    `The prediction could not be recorded (${error instanceof Error ? error.message : String(error)}), so it is not answered. Free space on the disk of the node, or set the recording of the endpoint to "fast".`,
  )

const tooMuchUnsent = (limitBytes: number) =>
  unavailable(
    `More than ${limitBytes} bytes of predictions wait to be sent, so none is taken. Make the control plane reachable for the node, or set the recording of the endpoint to "fast".`,
  )
