import { type NewModelVersion, registryErrors, type Signature } from '@evenkeel/contract'
import type { BlobStore } from '../../platform/blobs/blob-store.ts'
import { failures } from '../../platform/errors.ts'
import { readSignature, UnservableModelError } from './signature.ts'

const fail = failures(registryErrors)

/** ONNX keeps a model in one protobuf message, which ends at 2 GiB; what is read here stays well below. */
const largestBytes = 1024 ** 3

/**
 * Reads the signature of an uploaded model, and checks that everything it names is stored.
 *
 * @throws DomainError `registry.bad_artifact`
 */
export async function readArtifact(
  blobs: BlobStore,
  { artifact, golden }: Pick<NewModelVersion, 'artifact' | 'golden'>,
): Promise<Signature> {
  const [missing] = await blobs.claim([artifact.digest, ...(golden ? [golden] : [])])
  if (missing !== undefined) throw refuse(`Nothing is stored under ${missing}; upload it with PUT /api/v1/artifacts.`)
  const { sizeBytes } = await blobs.stat(artifact.digest)
  if (sizeBytes !== artifact.sizeBytes) {
    throw refuse(`The stored file has ${sizeBytes} bytes, but ${artifact.sizeBytes} were announced.`)
  }
  if (sizeBytes > largestBytes)
    throw refuse(`The file has ${sizeBytes} bytes, and at most ${largestBytes} can be read.`)
  try {
    return readSignature(await blobs.bytes(artifact.digest))
  } catch (error) {
    if (error instanceof UnservableModelError) throw refuse(error.message, error)
    throw error
  }
}

const refuse = (reason: string, cause?: unknown) => fail('registry.bad_artifact', { reason }, { why: reason, cause })
