import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { S3Address } from './address.ts'

/** Stores that are not Amazon's seldom have a host name for each bucket, and some refuse its newer checksums. */
const compatible = {
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
} as const

/** Speaks to Amazon, or to the store at the endpoint of the address. */
export function createS3Client({ endpoint, region }: S3Address, more: S3ClientConfig = {}): S3Client {
  return new S3Client({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { ...compatible, endpoint, region: region ?? 'us-east-1' }),
    ...more,
  })
}
