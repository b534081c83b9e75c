import { z } from 'zod'
import { Digest, Timestamp } from './common.ts'
import { defineEndpoints } from './endpoint.ts'
import { CodeFile, StepKey } from './pipeline-spec.ts'

/** JSON has no number for the last three. */
export const MetricValue = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])
export type MetricValue = z.infer<typeof MetricValue>

/** One value of a metric; those of one name and the same labels are a series. */
export const Metric = z.object({
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  value: MetricValue,
  /** Counts what the step counts: trees, epochs, rows. */
  step: z.int().nullable(),
  time: Timestamp.nullable(),
})
export type Metric = z.infer<typeof Metric>

/** A metric with the place in the metrics file that it was read from, in bytes. */
export const MetricPoint = Metric.extend({ offset: z.int().nonnegative() })
export type MetricPoint = z.infer<typeof MetricPoint>

/** What is stored of one output of a step. */
export const StepOutput = z.object({
  /** Of the file; of a folder that of its manifest. */
  digest: Digest,
  /** Of all files together. */
  sizeBytes: z.int(),
  /** Of a folder; null when the output is one file. */
  fileCount: z.int().nullable().default(null),
})

/** A folder as it is stored: JSON with a line for each file, by path. Its digest is the digest of the folder. */
export const FolderManifest = z.object({
  kind: z.literal('evenkeel.folder'),
  version: z.literal(1),
  files: z.array(
    z.object({ path: CodeFile.shape.path, digest: Digest, sizeBytes: z.int().nonnegative(), executable: z.boolean() }),
  ),
})
export type FolderManifest = z.infer<typeof FolderManifest>

const attempt = z.coerce.number<number>().int().positive().optional()

/** Which attempt is read; the newest when it is left out. */
export const AttemptQuery = z.object({ attempt })

export const stepResults = defineEndpoints({
  listMetrics: {
    method: 'GET',
    path: '/api/v1/runs/{run}/steps/{step}/metrics',
    summary: 'Read the metrics of an attempt, of one name or of all, in the order in which they were written.',
    access: 'pipelines:read',
    params: z.object({ run: z.string().max(64), step: StepKey }),
    query: AttemptQuery.extend({
      name: z.string().max(250).optional(),
      /** Read on from here: the `nextOffset` of the page before. */
      offset: z.coerce.number<number>().int().nonnegative().default(0),
      limit: z.coerce.number<number>().int().min(1).max(5000).default(1000),
      /** At most so many of each series, evenly spread, the newest among them; all when it is left out. */
      points: z.coerce.number<number>().int().min(2).max(2000).optional(),
    }),
    success: {
      status: 200,
      body: z.object({
        /** Null when the step has not been tried yet. */
        attempt: z.int().nullable(),
        items: z.array(MetricPoint),
        /** Null on the last page. */
        nextOffset: z.int().nullable(),
      }),
    },
    errors: ['pipelines.run_not_found'],
  },
})
