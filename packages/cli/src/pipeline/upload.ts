import { ApiError, type Client } from '@evenkeel/client'
import type { artifacts } from '@evenkeel/contract'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { CliError, exitCodes } from '../errors.ts'
import type { Content } from './project.ts'

type Artifacts = Client<typeof artifacts>

export interface Uploads {
  readonly fileCount: number
  readonly uploadedCount: number
  readonly uploadedBytes: number
}

const atOnce = 8

/** Stores every content once; what the server has is not sent. */
export async function uploadContents(
  api: Artifacts,
  contents: ReadonlyMap<string, Content>,
  known: ReadonlySet<string>,
): Promise<Uploads> {
  const left = [...contents].filter(([digest]) => !known.has(digest))
  const sent: Content[] = []
  const work = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const [digest, content] = next
      if (await isStored(api, digest)) continue
      const file = Readable.toWeb(createReadStream(content.path)) as ReadableStream<Uint8Array>
      await api.upload({ query: { digest }, file }).catch((error: unknown) => {
        throw isChange(error) ? changedMeanwhile(content.path, error) : error
      })
      sent.push(content)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  const uploadedBytes = sent.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return { fileCount: contents.size, uploadedCount: sent.length, uploadedBytes }
}

const isChange = (error: unknown) => error instanceof ApiError && error.code === 'platform.digest_mismatch'

const changedMeanwhile = (path: string, cause: unknown) =>
  new CliError(
    {
      code: 'cli.file_changed',
      message: 'A file changed while it was sent; the pipeline was not changed',
      why: `${path} is not what it was when its digest was made`,
      fix: 'apply again; a file that a program writes all the time belongs into .evenkeelignore',
      exitCode: exitCodes.conflict,
    },
    { cause },
  )

async function isStored(api: Artifacts, digest: string): Promise<boolean> {
  try {
    const { stream } = await api.download({ params: { digest } }, { range: { start: 0, end: 0 } })
    await stream.cancel()
    return true
  } catch (error) {
    // Content without a byte has no range.
    if (error instanceof ApiError && error.status === 416) return true
    if (error instanceof ApiError && error.status === 404) return false
    throw error
  }
}
