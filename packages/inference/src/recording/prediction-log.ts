import type { Client } from '@evenkeel/client'
import type { monitoring } from '@evenkeel/contract'
import type { Log } from '../log.ts'
import { listSegments, recoverSegment } from './leftovers.ts'
import { openRecorder, type Recorder } from './recorder.ts'
import { createUploader, type Uploader } from './uploader.ts'

/** The recorder, and the sending of what it records. */
export interface PredictionLog {
  readonly recorder: Recorder
  readonly unsentBytes: number
  /** Why the last write failed; undefined when it did not. */
  readonly problem: string | undefined
  /** Closes the last segment and sends for up to 3 s; what is left then is sent after the next start. */
  stop(): Promise<void>
}

interface PredictionLogParts {
  readonly folder: string
  readonly node: string
  /** Different for each process. */
  readonly bootId: string
  readonly api: Pick<Client<typeof monitoring>, 'addSegment'>
  readonly log: Log
}

/** Segments are short while they are taken, and few while they are not. */
const segmentAgesMs = { taken: 250, waiting: 5000 }
const patienceMs = 3000

/** Opens the log in a folder, and sends first what an earlier process left there. */
export async function openPredictionLog({
  folder,
  node,
  bootId,
  api,
  log,
}: PredictionLogParts): Promise<PredictionLog> {
  const uploader = createUploader({ api, node, log })
  const leftovers = await listSegments(folder)
  let problem: string | undefined
  const recorder = await openRecorder({
    folder,
    idPrefix: `${node}-${bootId}`,
    onClosed: (segment) => uploader.add(segment),
    onProblem(next) {
      if (next !== undefined && problem === undefined) log.error(next)
      problem = next
    },
    unsentBytes: () => uploader.unsentBytes,
    segmentAgeMs: () => (uploader.unsentCount > 2 ? segmentAgesMs.waiting : segmentAgesMs.taken),
  })
  const recovery = recover(folder, leftovers, uploader, log)
  return {
    recorder,
    get unsentBytes() {
      return uploader.unsentBytes
    },
    get problem() {
      return problem
    },
    async stop() {
      await recorder.stop()
      await recovery
      await uploader.stop(patienceMs)
    },
  }
}

/** Goes on beside serving: there may be gigabytes. */
async function recover(folder: string, names: readonly string[], uploader: Uploader, log: Log): Promise<void> {
  if (names.length > 0) log.info({ count: names.length }, 'sending segments that an earlier process left')
  for (const name of names) {
    try {
      const segment = await recoverSegment(folder, name)
      if (segment) uploader.add(segment)
    } catch (error) {
      log.error({ err: error, segment: name }, 'a segment of an earlier process cannot be read; it stays where it is')
    }
  }
}
