import { Digest, EventTime } from '@evenkeel/contract/common'
import { ParamValue, TriggerReason } from '@evenkeel/contract/triggers'
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const DatasetPin = z.object({
  dataset: z.string(),
  version: z.int(),
  digest: Digest,
  row_count: z.int(),
  event_time_min: EventTime.nullable(),
  event_time_max: EventTime.nullable(),
})

const Input = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('file'), path: z.string() }),
  /** `path` is a folder of Parquet files. */
  z.object({ kind: z.literal('dataset'), path: z.string(), dataset: z.string(), versions: z.array(DatasetPin) }),
])

/** What the engine tells a step: the file named by `EVENKEEL_CONTEXT`. */
const StepContext = z.object({
  version: z.literal(1),
  pipeline: z.string(),
  model: z.string().nullable(),
  run: z.string(),
  step: z.string(),
  attempt: z.int(),
  commit: z.string(),
  trigger: z.object({ kind: TriggerReason.shape.kind, says: z.string(), event_time: EventTime.nullable() }),
  /** Of a run that makes a version again: what that was judged against. */
  reproduces: z.object({ champion: z.int().nullable() }).optional(),
  params: z.record(z.string(), ParamValue),
  inputs: z.record(z.string(), Input),
  outputs: z.record(z.string(), z.object({ path: z.string() })),
  /** Every dataset version the run reads. */
  datasets: z.array(DatasetPin),
})
export type StepContext = z.infer<typeof StepContext>

export const readContext = (path: string): StepContext => StepContext.parse(JSON.parse(readFileSync(path, 'utf8')))
