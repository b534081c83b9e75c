import { z } from 'zod'

const Part = z.object({ rowCount: z.int(), positiveCount: z.int() })

/** What `train.parquet` and `holdout.parquet` hold: the features in the order of the model, `label` and `event_time`. */
export const TrainingSchema = z.object({
  dataset: z.string(),
  label: z.string(),
  features: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['numerical', 'categorical']),
      /** SQL over the columns of the source, or the feature view it comes from. */
      from: z.string(),
    }),
  ),
  featureViews: z.array(z.object({ view: z.string(), version: z.int() })),
  trainFrom: z.string(),
  trainUntil: z.string(),
  holdoutFrom: z.string(),
  holdoutUntil: z.string(),
  train: Part,
  holdout: Part,
})
export type TrainingSchema = z.infer<typeof TrainingSchema>

/** An input of the model. */
export type ModelFeature = TrainingSchema['features'][number]
