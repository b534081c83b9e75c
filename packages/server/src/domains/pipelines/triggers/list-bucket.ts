import { paginateListObjectsV2, type S3Client, type S3ClientConfig, S3ServiceException } from '@aws-sdk/client-s3'
import { matchesGlob } from 'node:path'
import type { S3Address } from '../../../platform/blobs/s3/address.ts'
import { createS3Client } from '../../../platform/blobs/s3/client.ts'
import { publicLookup } from '../../../platform/outgoing/address.ts'
import { SecretUnavailable } from '../secrets/service.ts'
import { addressOf, type BucketDeps, type BucketSource, refusal, whyNotBucket } from './bucket.ts'
import { CannotLook } from './folder.ts'
import type { SeenFile } from './watch-store.ts'

const mostObjects = 100_000
const [connectMs, answerMs, lookMs] = [5000, 15_000, 60_000]

/**
 * The objects that the pattern asks for, by key below the prefix. Hidden ones, and those that only stand for a folder,
 * are left out; what lies below is looked into when the pattern has a "/".
 *
 * @throws CannotLook
 */
export async function listBucket(deps: BucketDeps, projectId: string, source: BucketSource): Promise<SeenFile[]> {
  const reason = whyNotBucket(source, deps)
  if (reason !== undefined) throw new CannotLook(reason)
  const address = addressOf(source.url)
  if (address instanceof CannotLook) throw address
  const client = createS3Client(address, {
    ...(await accessOf(deps, projectId, source)),
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
      ...(!deps.privateBuckets && { httpAgent: { lookup: publicLookup }, httpsAgent: { lookup: publicLookup } }),
    },
  })
  try {
    const files = await pagesOf(client, address, source)
    return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  } catch (error) {
    throw error instanceof CannotLook ? error : new CannotLook(reasonOf(error, address, source), { cause: error })
  } finally {
    client.destroy()
  }
}

/** Never what the server itself may do: whoever writes a pipeline would have its rights. */
async function accessOf(
  { secrets }: BucketDeps,
  projectId: string,
  { credentialsSecret }: BucketSource,
): Promise<S3ClientConfig> {
  if (credentialsSecret === undefined) {
    return { credentials: { accessKeyId: '', secretAccessKey: '' }, signer: { sign: async (request) => request } }
  }
  const { value = '' } = await secrets.valuesFor(projectId, { value: credentialsSecret }).catch((error: unknown) => {
    throw error instanceof SecretUnavailable ? new CannotLook(error.message) : error
  })
  const [accessKeyId, secretAccessKey, sessionToken, ...rest] = value.trim().split(':')
  if (!accessKeyId || !secretAccessKey || rest.length > 0) {
    throw new CannotLook(
      `The secret "${credentialsSecret}" must hold ACCESS_KEY_ID:SECRET_ACCESS_KEY, and after another ":" a session token if there is one.`,
    )
  }
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } }
}

async function pagesOf(
  client: S3Client,
  { bucket: Bucket, prefix: Prefix }: S3Address,
  { pattern }: BucketSource,
): Promise<SeenFile[]> {
  const found: SeenFile[] = []
  let count = 0
  const asked = { Bucket, Prefix, ...(!pattern.includes('/') && { Delimiter: '/' }) }
  const paging = { abortSignal: AbortSignal.timeout(lookMs) }
  for await (const page of paginateListObjectsV2({ client }, asked, paging)) {
    const { Name, Contents = [], CommonPrefixes = [] } = page
    // A web page is read as an empty list.
    if (Name === undefined) throw new CannotLook(noStore)
    count += Contents.length + CommonPrefixes.length
    if (count > mostObjects) {
      throw new CannotLook(
        `There are more than ${mostObjects} objects; move away what is done, or write a longer prefix.`,
      )
    }
    for (const { Key = '', Size = 0, ETag = '', LastModified } of Contents) {
      const path = Key.slice(Prefix.length)
      if (path === '' || path.endsWith('/') || /(?:^|\/)\./.test(path) || !matchesGlob(path, pattern)) continue
      found.push({ path, size_bytes: Size, mtime_ms: LastModified?.getTime() ?? 0, etag: ETag })
    }
  }
  return found
}

const noStore = 'What answers there is no store that speaks S3.'
const refused = new Set(['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'Forbidden', 'ExpiredToken'])
const elsewhere = new Set(['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'])

/** Nothing of the keys is in it. */
function reasonOf(error: unknown, { bucket, region }: S3Address, { credentialsSecret }: BucketSource): string {
  const { name, code, message } = error as { name: string; code?: string; message: string }
  if (name === 'NoSuchBucket') return `There is no bucket "${bucket}".`
  if (refused.has(name)) {
    const who = credentialsSecret === undefined ? 'requests that are not signed' : `the keys in "${credentialsSecret}"`
    return `The store refuses ${who} (${name}); they need s3:ListBucket on "${bucket}".`
  }
  if (elsewhere.has(name))
    return `The bucket "${bucket}" does not lie in ${region ?? 'the region asked'}; name its region.`
  if (message.includes('in a private network')) return refusal(message)
  if (/Timeout|Abort/.test(name)) return 'The store does not answer in time.'
  if (error instanceof S3ServiceException) return `The store answers ${name} instead of a list.`
  if (code !== undefined) return `The store cannot be reached (${code}).`
  return noStore
}
