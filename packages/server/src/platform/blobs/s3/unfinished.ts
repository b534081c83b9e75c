import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  type MultipartUpload,
  ListPartsCommand,
  type ListPartsCommandOutput,
  type Part,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { UnfinishedBlob } from '../blob-store.ts'

interface Upload {
  readonly Bucket: string
  readonly Key: string | undefined
  readonly UploadId: string | undefined
}

interface Marker {
  readonly KeyMarker?: string | undefined
  readonly UploadIdMarker?: string | undefined
}

interface Place {
  readonly Bucket: string
  readonly Prefix: string
}

/** Uploads in parts of which no part came since: whoever sent them is gone. */
export async function* unfinishedUploads(client: S3Client, place: Place, since: Date): AsyncGenerator<UnfinishedBlob> {
  for await (const { Key, UploadId, Initiated } of uploadsIn(client, place)) {
    if (Initiated === undefined || Initiated >= since) continue
    const upload = { Bucket: place.Bucket, Key, UploadId }
    const { sizeBytes, newest } = await measure(client, upload)
    if (newest >= since) continue
    const drop = async () => void (await client.send(new AbortMultipartUploadCommand(upload)))
    yield { sizeBytes, drop }
  }
}

async function* uploadsIn(client: S3Client, place: Place): AsyncGenerator<MultipartUpload> {
  let from: Marker | undefined = {}
  while (from) {
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ ...place, ...from }),
    )
    yield* page.Uploads ?? []
    from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined
  }
}

async function measure(client: S3Client, upload: Upload): Promise<{ sizeBytes: number; newest: Date }> {
  let sizeBytes = 0
  let newest = new Date(0)
  for await (const { Size = 0, LastModified = newest } of partsOf(client, upload)) {
    sizeBytes += Size
    if (LastModified > newest) newest = LastModified
  }
  return { sizeBytes, newest }
}

/** Not by the paginator of the SDK: it goes on while there is a marker, and the last page has one too. */
async function* partsOf(client: S3Client, upload: Upload): AsyncGenerator<Part> {
  let from: { PartNumberMarker?: string | undefined } | undefined = {}
  while (from) {
    const page: ListPartsCommandOutput = await client.send(new ListPartsCommand({ ...upload, ...from }))
    yield* page.Parts ?? []
    from = page.IsTruncated ? { PartNumberMarker: page.NextPartNumberMarker } : undefined
  }
}
