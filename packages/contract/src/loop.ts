import { z } from 'zod'
import { EventTime, ModelName, Name } from './common.ts'
import { defineEndpoints } from './endpoint.ts'

export const StationName = z.enum(['data', 'validate', 'train', 'evaluate', 'approve', 'deploy', 'monitor', 'retrain'])
export type StationName = z.infer<typeof StationName>

/** One station of the loop for one model. */
export const Station = z.object({
  name: StationName,
  state: z.enum(['idle', 'active', 'done', 'attention', 'failed']),
  /** Two or three words for the chip. */
  label: z.string(),
  says: z.string(),
  at: z.iso.datetime().nullable(),
  link: z.string().nullable(),
})
export type Station = z.infer<typeof Station>

export const LoopRow = z
  .object({
    model: ModelName,
    owner: z.string(),
    endpoint: Name.nullable(),
    liveVersion: z.int().nullable(),
    stations: z.array(Station).length(8),
    requestsPerSecond: z.number(),
    predictionCount: z.int(),
    /** Performance per window, oldest first. */
    performance: z.array(z.object({ start: EventTime, auc: z.number().nullable() })),
    eventTime: EventTime.nullable(),
    worst: z.enum(['idle', 'active', 'done', 'attention', 'failed']),
    /** What to do next, in words, and the exact command. */
    next: z.object({ says: z.string(), command: z.string().nullable(), link: z.string().nullable() }),
    turns: z.array(
      z.object({
        version: z.int(),
        says: z.string(),
        /** `logged`: it has no ONNX file, only others, which nobody judges or serves. */
        outcome: z.enum(['promoted', 'refused', 'rolled_back', 'running', 'passed', 'failed', 'logged']),
        eventTime: EventTime.nullable(),
        link: z.string(),
      }),
    ),
  })
  .meta({ id: 'LoopRow' })
export type LoopRow = z.infer<typeof LoopRow>

export const NeedsYou = z.object({
  kind: z.enum(['approval', 'incident', 'run', 'rollout']),
  says: z.string(),
  link: z.string(),
  command: z.string().nullable(),
})

export const loop = defineEndpoints({
  read: {
    method: 'GET',
    path: '/api/v1/loop',
    summary: 'Where every model is in its loop, and what needs a person.',
    access: 'registry:read',
    success: {
      status: 200,
      body: z.object({
        needsYou: z.array(NeedsYou),
        rows: z.array(LoopRow),
        totals: z.object({ modelsLive: z.int(), drifting: z.int(), blocked: z.int() }),
      }),
    },
    errors: [],
  },
})
