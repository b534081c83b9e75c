import type { TriggerSpec } from '@evenkeel/contract'
import { readAddress, type S3Address } from '../../../platform/blobs/s3/address.ts'
import { whyNotSend } from '../../../platform/outgoing/address.ts'
import type { PipelinesDeps } from '../needs.ts'
import type { Secrets } from '../secrets/service.ts'
import { CannotLook } from './folder.ts'

export type BucketSource = Extract<TriggerSpec['on'], { kind: 'bucket' }>

export interface BucketDeps extends Pick<PipelinesDeps, 'privateBuckets'> {
  readonly secrets: Pick<Secrets, 'valuesFor'>
}

/** Why a bucket must not be watched as it is written, or `undefined` when it may. */
export function whyNotBucket(
  { url, debounce }: BucketSource,
  { privateBuckets }: Pick<BucketDeps, 'privateBuckets'>,
): string | undefined {
  if (debounce.maxWaitSeconds < debounce.quietSeconds) return '"max_wait" must not be shorter than "quiet".'
  const address = addressOf(url)
  if (address instanceof CannotLook) return address.message
  const why = address.endpoint && whyNotSend(address.endpoint, { privateTargets: privateBuckets })
  return why && refusal(why)
}

/** Why a store is not asked, and what lets it be. */
export const refusal = (why: string): string =>
  `The endpoint of the bucket is refused: ${why} EVENKEEL_BUCKET_PRIVATE_TARGETS=1 lets the server ask stores in private networks.`

export function addressOf(url: string): S3Address | CannotLook {
  const parsed = URL.parse(url)
  if (parsed?.protocol !== 's3:') {
    return new CannotLook(`"${url}" names no bucket; write s3://BUCKET/PREFIX?endpoint=https://HOST:PORT.`)
  }
  try {
    return readAddress(parsed, 'The URL of the bucket')
  } catch (error) {
    return new CannotLook((error as Error).message)
  }
}

/** `s3://bucket/prefix/`, without what only says how to get there. */
export function placeOf({ url }: BucketSource): string {
  const address = addressOf(url)
  return address instanceof CannotLook ? url : `s3://${address.bucket}/${address.prefix}`
}
