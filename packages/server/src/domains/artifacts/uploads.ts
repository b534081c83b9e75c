import { artifactErrors } from '@evenkeel/contract'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Caller } from '../../platform/auth.ts'
import type { BlobStore } from '../../platform/blobs/blob-store.ts'
import { failures } from '../../platform/errors.ts'
import { type FilesDeps, nameBlob } from './files.ts'
import { cleanFilePath } from './paths.ts'
import { type UploadRow, uploadStore } from './upload-store.ts'

const fail = failures(artifactErrors)

type Project = Pick<Caller, 'projectId'>

/** As in S3. */
const mostParts = 10_000

/** How long an upload waits for its next part or its end. */
const patienceMs = 7 * 24 * 3_600_000

interface NamedPart {
  readonly number: number
  /** The digest that `putPart` answered; not compared when absent. */
  readonly digest?: string | undefined
}

/** Files that come in parts, in any order and several at once, each as often as it takes. */
export function createUploads({ db, blobs, now }: FilesDeps) {
  const store = uploadStore(db)
  const expiry = () => new Date(now().getTime() + patienceMs)

  async function find(uploadId: string): Promise<UploadRow> {
    const upload = await store.find(uploadId, now())
    if (!upload) throw notFound()
    return upload
  }

  /** Who names another path, or asks from another project, does not know this upload. */
  async function findOwn({ projectId }: Project, uploadId: string, path: string): Promise<UploadRow> {
    const upload = await find(uploadId)
    if (upload.project_id !== projectId || upload.path !== cleanFilePath(path)) throw notFound()
    return upload
  }

  return {
    /** @returns the id of the upload; who has it may send parts without a token @throws DomainError `artifacts.bad_path`, `artifacts.bad_part` */
    async begin({ projectId }: Project, path: string, partCount: number): Promise<string> {
      if (partCount < 1 || partCount > mostParts) throw badPart(`A file comes in 1 to ${mostParts} parts.`)
      const uploadId = randomBytes(32).toString('hex')
      await store.add({
        upload_id: uploadId,
        project_id: projectId,
        path: cleanFilePath(path),
        part_count: partCount,
        expires_at: expiry(),
      })
      return uploadId
    },

    /** @param number - counts from 1 @returns the digest of the part @throws DomainError `artifacts.upload_not_found`, `artifacts.bad_part` */
    async putPart(uploadId: string, number: number, bytes: Readable): Promise<string> {
      const upload = await find(uploadId)
      if (upload.completed) throw notFound()
      if (!(number >= 1 && number <= upload.part_count))
        throw badPart(`The parts count from 1 to ${upload.part_count}.`)
      const blob = await blobs.put(bytes)
      await store.putPart(uploadId, number, blob)
      await store.extend(uploadId, expiry())
      return blob.digest
    },

    /** Joins the parts into the file; nothing more when that was done before. @throws DomainError `artifacts.upload_not_found`, `artifacts.bad_part`, `artifacts.path_clash` */
    async complete(project: Project, uploadId: string, path: string, named: readonly NamedPart[]): Promise<void> {
      const upload = await findOwn(project, uploadId, path)
      if (upload.completed) return
      const parts = await store.parts(uploadId)
      const digests = new Map(parts.map(({ number, digest }) => [number, digest]))
      requireParts(named, digests)
      const blob = await blobs.put(
        Readable.from(
          joined(
            blobs,
            named.map(({ number }) => digests.get(number)!),
          ),
        ),
      )
      await db.transaction().execute(async (tx) => {
        await nameBlob(tx, { projectId: upload.project_id, path: upload.path }, blob, now())
        await uploadStore(tx).complete(uploadId)
      })
    },

    /** Forgets the parts; a file that was completed stays. @throws DomainError `artifacts.upload_not_found` */
    async abort(project: Project, uploadId: string, path: string): Promise<void> {
      await findOwn(project, uploadId, path)
      await store.delete(uploadId)
    },

    expire: (): Promise<void> => store.deleteExpired(now()),
  }
}

function requireParts(named: readonly NamedPart[], digests: ReadonlyMap<number, string>): void {
  if (named.length === 0) throw badPart('The list of parts is empty.')
  named.forEach(({ number, digest }, index) => {
    if (index > 0 && number <= named[index - 1]!.number) throw badPart('The parts must be listed in rising order.')
    const stored = digests.get(number)
    if (stored === undefined) throw badPart(`Part ${number} has not arrived.`)
    if (digest !== undefined && digest !== stored) throw badPart(`Part ${number} is ${stored}, and not ${digest}.`)
  })
}

async function* joined(blobs: BlobStore, digests: readonly string[]): AsyncGenerator<Buffer> {
  for (const digest of digests) yield* blobs.open(digest)
}

const notFound = () => fail('artifacts.upload_not_found', {})
const badPart = (why: string) => fail('artifacts.bad_part', {}, { why })
