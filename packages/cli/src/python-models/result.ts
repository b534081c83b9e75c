import { z } from 'zod'

const Tensor = z.object({
  datatype: z.enum(['FP32', 'INT64', 'BYTES']),
  shape: z.array(z.int().nonnegative()).max(8),
  data: z.array(z.union([z.number(), z.string().max(100_000), z.null()])),
})
const Tensors = z.record(z.string().max(1000), Tensor)

const Common = {
  /** Full name of the class that was loaded. */
  estimator: z.string().max(300),
  /** Versions of Python and of the packages that had a part in it. */
  versions: z.record(z.string().max(100), z.string().max(100)),
  /** What scikit-learn warned of while loading. */
  notes: z.array(z.string().max(500)).max(5),
}

/** An ONNX file that lies beside, with rows and what the model itself predicts for them. */
const Onnx = z.object({
  kind: z.literal('onnx'),
  ...Common,
  golden: z.object({
    inputs: Tensors,
    outputs: Tensors,
    tolerance: z.object({ absolute: z.number(), relative: z.number() }),
  }),
  /** In the order of the output's columns; a single column is the second one. */
  classes: z.array(z.string().max(1000)).max(10_000).nullable(),
  comparison: z.object({
    rowCount: z.int(),
    differingCount: z.int(),
    largestDifference: z.number(),
    rows: z.enum(['sample', 'made up']),
  }),
})
export type OnnxResult = z.infer<typeof Onnx>

/** Trees as their library writes them, to be read by the server. */
const Trees = z.object({
  kind: z.literal('trees'),
  ...Common,
  format: z.enum(['lightgbm', 'xgboost']),
  text: z.string(),
})

const Problem = z.object({ kind: z.literal('problem'), why: z.string(), fix: z.string() })

/** What convert.py says. Whoever made the model may have written it, so nothing of it is believed unseen. */
export const ConversionResult = z.discriminatedUnion('kind', [Onnx, Trees, Problem])
export type ConversionResult = z.infer<typeof ConversionResult>
export type Conversion = Exclude<ConversionResult, { kind: 'problem' }>
