import { z } from 'zod'
import { defineEndpoints } from '../endpoint.ts'

/**
 * Open Inference Protocol v2 over REST, with Triton's binary tensor data.
 *
 * @see https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export const OipDatatype = z.enum([
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
])
export type OipDatatype = z.infer<typeof OipDatatype>

export const OipParameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
export type OipParameters = z.infer<typeof OipParameters>

/** Row-major; nested by dimension or flat. */
export const OipData = z.array(z.json())

export const OipRequestInput = z.object({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  datatype: OipDatatype,
  parameters: OipParameters.optional(),
  /** Absent when the tensor follows in binary; `parameters.binary_data_size` is its length in bytes then. */
  data: OipData.optional(),
})

export const OipRequest = z
  .object({
    /** Echoed; also the id of the prediction, or the beginning of the ids of its rows: `id/0`, `id/1`, … */
    id: z.string().optional(),
    /**
     * Evenkeel reads `event_time` (ISO 8601, of all rows), `unit` (what stays with one arm of a rollout),
     * `timeout` (µs), and `special_floats: "string"` (NaN and infinities as JSON strings).
     */
    parameters: OipParameters.optional(),
    /** Beside the inputs of the model: `event_time` and `row_id` (BYTES, one per row), and keys for feature look-up. */
    inputs: z.array(OipRequestInput),
    /** Absent or empty: all outputs. */
    outputs: z.array(z.object({ name: z.string(), parameters: OipParameters.optional() })).optional(),
  })
  .meta({ id: 'OipRequest' })
export type OipRequest = z.infer<typeof OipRequest>

export const OipResponse = z
  .object({
    model_name: z.string(),
    /** Absent when rows of one request were answered by different versions. */
    model_version: z.string().optional(),
    id: z.string().optional(),
    parameters: OipParameters.optional(),
    outputs: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.int().nonnegative()),
        datatype: OipDatatype,
        parameters: OipParameters.optional(),
        data: OipData.optional(),
      }),
    ),
  })
  .meta({ id: 'OipResponse' })
export type OipResponse = z.infer<typeof OipResponse>

/** −1 is a dimension of any length. */
const OipTensorMetadata = z.object({ name: z.string(), datatype: OipDatatype, shape: z.array(z.int()) })

export const OipModelMetadata = z
  .object({
    name: z.string(),
    versions: z.array(z.string()).optional(),
    platform: z.string(),
    inputs: z.array(OipTensorMetadata),
    outputs: z.array(OipTensorMetadata),
  })
  .meta({ id: 'OipModelMetadata' })

export const OipModelReady = z.object({ name: z.string(), ready: z.boolean() })

/** The body of every answer with status 400 or above. */
export const OipError = z.object({ error: z.string() }).meta({ id: 'OipError' })

const oneModel = z.object({ model: z.string() })
const oneVersion = oneModel.extend({ version: z.string() })
const infer = {
  method: 'POST',
  access: 'public',
  body: OipRequest,
  bodyLimitBytes: 64 * 1024 ** 2,
  errors: [],
} as const
const read = { method: 'GET', access: 'public', errors: [] } as const
const metadata = { status: 200, body: OipModelMetadata } as const
const ready = { status: 200, body: OipModelReady } as const

/** What an inference node answers. Errors have the shape `OipError`. */
export const openInference = defineEndpoints({
  live: {
    ...read,
    path: '/v2/health/live',
    summary: 'Tell that the node is alive.',
    success: { status: 200, body: z.object({ live: z.boolean() }) },
  },
  ready: {
    ...read,
    path: '/v2/health/ready',
    summary: 'Tell that every model that the node must serve is ready.',
    success: { status: 200, body: z.object({ ready: z.boolean() }) },
  },
  server: {
    ...read,
    path: '/v2',
    summary: 'Read name, version and extensions.',
    success: {
      status: 200,
      body: z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
    },
  },
  models: {
    ...read,
    path: '/v2/models',
    summary: 'List the models.',
    success: { status: 200, body: z.object({ models: z.array(z.string()) }) },
  },
  model: { ...read, path: '/v2/models/{model}', summary: 'Read a model.', params: oneModel, success: metadata },
  modelVersion: {
    ...read,
    path: '/v2/models/{model}/versions/{version}',
    summary: 'Read a version that the node holds.',
    params: oneVersion,
    success: metadata,
  },
  modelReady: {
    ...read,
    path: '/v2/models/{model}/ready',
    summary: 'Tell that a model is ready.',
    params: oneModel,
    success: ready,
  },
  modelVersionReady: {
    ...read,
    path: '/v2/models/{model}/versions/{version}/ready',
    summary: 'Tell that a version is ready.',
    params: oneVersion,
    success: ready,
  },
  infer: {
    ...infer,
    path: '/v2/models/{model}/infer',
    summary: 'Predict; the rollout decides which version answers.',
    params: oneModel,
    success: { status: 200, body: OipResponse },
  },
  inferVersion: {
    ...infer,
    path: '/v2/models/{model}/versions/{version}/infer',
    summary: 'Predict with a version that the node holds; counts for no arm of a rollout.',
    params: oneVersion,
    success: { status: 200, body: OipResponse },
  },
})
