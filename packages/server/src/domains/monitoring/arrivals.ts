import { monitoringErrors, type PredictionRecord } from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { defineQueue, enqueue } from '../../platform/jobs.ts'
import type { MonitoringDeps } from './deps.ts'
import { readLabels, type LabelBatch } from './labels.ts'
import { type EndpointKey, recordStore } from './record-store.ts'
import { readSegment } from './segment.ts'
import { type MonitorKey, monitorStore } from './store.ts'
import { closesWindow, windowStarts } from './windows.ts'

const fail = failures(monitoringErrors)

/** Computing windows is never done in the request that brings the rows. */
export const evaluationQueue = defineQueue(
  'monitoring.evaluate',
  z.object({ projectId: z.string(), monitor: z.string(), windows: z.enum(['all', 'closed']).default('all') }),
  { policy: 'short' },
)

/** Records of one statement. */
const batchSize = 5000

/** Rows that arrive within so long are evaluated together: that reads the whole window. One that closes does not wait. */
const gatherMs = 15_000

export interface SegmentUpload {
  readonly projectId: string
  readonly segment: string
  readonly digest: string
  readonly node: string
  readonly file: Readable
}

/** Takes in prediction records and labels. */
export function createArrivals({ db, blobs, now, arrived, endpoint: findEndpoint }: MonitoringDeps) {
  /** Notes what an arrival may have changed and has it evaluated. @returns the watermark of the endpoint */
  async function noteArrival(tx: Db, key: EndpointKey, arrival: Arrival): Promise<Date | null> {
    const { eventTimesMs, ...counts } = arrival
    const store = monitorStore(tx)
    const { before, after } = await recordStore(tx).advance({ ...key, ...counts })
    for (const { name: monitor, spec } of await store.monitorsOf(key)) {
      const monitorKey = { projectId: key.projectId, monitor }
      await store.markWindows(monitorKey, windowStarts(spec, eventTimesMs))
      if (closesWindow(spec, timeOf(before), timeOf(after))) await requestEvaluation(tx, monitorKey, 'closed')
      await requestGathered(tx, monitorKey, new Date(now().getTime() + gatherMs))
    }
    return after
  }

  return {
    /** Stores a segment; one that is there already, and each record whose id is, is left as it was. */
    async addSegment({ projectId, segment, digest, node, file }: SegmentUpload) {
      const { bytes, records } = await readSegment(file, digest)
      await blobs.put(bytes, { digest })
      const endpoints = new Set(records.map(({ endpoint }) => endpoint))
      await db.transaction().execute(async (tx) => {
        const store = recordStore(tx)
        const row = { projectId, segment, node, digest, sizeBytes: bytes.length, records, receivedAt: now() }
        if (!(await store.addSegment(row))) return requireSame(tx, row)
        for (const [endpoint, count] of await addInBatches(tx, projectId, records)) {
          await noteArrival(tx, { projectId, endpoint }, { eventTimesMs: timesOf(records, endpoint), records: count })
        }
      })
      for (const endpoint of endpoints) arrived(projectId, endpoint)
      return { segment, recordCount: records.length }
    },

    /** @returns the watermark of the endpoint */
    async addLabels(key: EndpointKey, batch: LabelBatch) {
      const { ids, labels, eventTimesMs, completeUntil } = readLabels(batch)
      if (!(await recordStore(db).findStream(key))) await findEndpoint(key.projectId, key.endpoint)
      const watermark = await db.transaction().execute(async (tx) => {
        const added = await recordStore(tx).putLabels(key, ids, labels)
        return noteArrival(tx, key, { eventTimesMs, labels: added, completeUntil })
      })
      arrived(key.projectId, key.endpoint)
      return { accepted: batch.ids.length, watermark: watermark?.toISOString() ?? null }
    },
  }
}

interface Arrival {
  readonly eventTimesMs: readonly number[]
  readonly records?: number
  readonly labels?: number
  readonly completeUntil?: Date | undefined
}

const timeOf = (date: Date | null) => date?.getTime() ?? null

const timesOf = (records: readonly PredictionRecord[], endpoint: string): number[] =>
  records.filter((record) => record.endpoint === endpoint).map(({ eventTime }) => Date.parse(eventTime))

async function requireSame(
  tx: Db,
  { projectId, segment, digest }: Omit<SegmentUpload, 'file' | 'node'>,
): Promise<void> {
  const stored = await recordStore(tx).findSegment(projectId, segment)
  if (stored?.digest === digest) return
  const reason = `a segment named ${segment} with other content is stored already`
  throw fail('monitoring.bad_segment', { reason }, { why: `The segment was refused: ${reason}.` })
}

/** @returns how many records were new, by endpoint; ascending, so that two segments never wait for each other in a circle */
async function addInBatches(tx: Db, projectId: string, records: readonly PredictionRecord[]) {
  const added = new Map<string, number>()
  for (let start = 0; start < records.length; start += batchSize) {
    const counts = await recordStore(tx).addPredictions(projectId, records.slice(start, start + batchSize))
    for (const { endpoint, count } of counts) added.set(endpoint, (added.get(endpoint) ?? 0) + count)
  }
  return [...added].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/**
 * Has windows of a monitor evaluated at once. This gets a job of its own: one that waits already may start before this
 * transaction ends, and miss what it wrote.
 */
export async function requestEvaluation(tx: Db, key: MonitorKey, windows: 'all' | 'closed'): Promise<void> {
  await enqueue(tx, evaluationQueue, { ...key, windows }, { singletonKey: randomUUID() })
}

/** Has a monitor evaluated with all that arrives until then. */
async function requestGathered(tx: Db, key: MonitorKey, startAfter: Date): Promise<void> {
  await enqueue(tx, evaluationQueue, key, { singletonKey: `${key.projectId}/${key.monitor}`, startAfter })
}
