import { S3ServiceException } from '@aws-sdk/client-s3'
import { failPlatform } from '../../errors.ts'

/** Whether the store says that there is no such content. A bucket that is not there is another matter. */
const isMissing = (error: unknown) => error instanceof S3ServiceException && /^(?:NotFound|NoSuchKey)$/.test(error.name)

/** Puts what the store says, or its silence, into a failure of ours. */
export function translated(error: unknown, bucket: string, digest?: string): unknown {
  if (digest !== undefined && isMissing(error))
    return failPlatform('platform.blob_not_found', { digest }, { cause: error })
  if (error instanceof S3ServiceException) {
    const why = `The bucket "${bucket}" answered ${error.name}: ${error.message}`
    return failPlatform('platform.blobs_unavailable', {}, { why, cause: error })
  }
  if (!isAway(error)) return error
  const why = `The store of the bucket "${bucket}" does not answer: ${(error as Error).message}`
  return failPlatform('platform.blobs_unavailable', {}, { why, cause: error })
}

/** No connection, no credentials, or none in time. */
const isAway = (error: unknown) =>
  error instanceof Error &&
  (/^(?:CredentialsProviderError|TimeoutError|TokenProviderError)$/.test(error.name) ||
    ('code' in error && /^E(?:CONN|HOST|NET|PIPE|TIMEDOUT|NOTFOUND|AI_AGAIN)/.test(String(error.code))))
