import { z } from 'zod'

/** How a model without a champion to beat was judged: by the last days before the end of its training data. */
const Backtest = z.object({
  from: z.string(),
  until: z.string(),
  rowCount: z.int(),
  positiveShare: z.number(),
  metrics: z.record(z.string(), z.number()),
})
export type Backtest = z.infer<typeof Backtest>

/** What `train-trees` tells the steps after it. */
export const TrainingReport = z.object({
  /** What the trainer was told. */
  params: z.record(z.string(), z.union([z.number(), z.boolean()])),
  rowCount: z.int(),
  positiveShare: z.number(),
  backtest: Backtest.nullable(),
})
export type TrainingReport = z.infer<typeof TrainingReport>
