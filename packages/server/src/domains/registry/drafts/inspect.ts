import type { ConvertedModel, ModelInspection } from '@evenkeel/contract'
import { readOnnx } from '@evenkeel/numerics'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'

const longestText = 2000
const mostEntries = 100

/** What the ONNX file says of itself, beside how it is called. */
export async function inspect(blobs: BlobStore, converted: ConvertedModel): Promise<ModelInspection> {
  const { irVersion, opsets, producer, nodeCount, metadata } = readOnnx(await blobs.bytes(converted.artifact.digest))
  const entries = Object.entries(metadata).slice(0, mostEntries)
  return {
    ...converted,
    irVersion,
    opsets: [...opsets],
    producer: producer.slice(0, longestText),
    nodeCount,
    metadata: Object.fromEntries(entries.map(([name, value]) => [name, value.slice(0, longestText)])),
  }
}
