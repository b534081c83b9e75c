import { ApiError, type Client, ConnectionError } from '@evenkeel/client'
import type { artifacts, imports } from '@evenkeel/contract'
import { setTimeout as delay } from 'node:timers/promises'

/** The server that is imported into. */
export interface Here {
  readonly imports: Client<typeof imports>
  readonly artifacts: Client<typeof artifacts>
}

export interface HereFile {
  readonly digest: string
  readonly sizeBytes: number
}

const mostTries = 6

/** Tries again what failed because a server was away for a moment. Whatever is asked of it may be asked twice. */
export async function persistently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      const mayPass = error instanceof ConnectionError || (error instanceof ApiError && error.status === 503)
      if (tries === mostTries || !mayPass) throw error
      await delay(2 ** tries * 125, undefined, { signal })
    }
  }
}

/** The folder of files here behind a URI; undefined when they lie in another store. */
export const folderHere = (uri: string): string | undefined => /^mlflow-artifacts:\/+(.+)$/.exec(uri)?.[1]

/** Files of a folder and of those in it, by path below it. */
export async function filesHere(
  { artifacts: api }: Pick<Here, 'artifacts'>,
  folder: string,
  below = '',
  found = new Map<string, HereFile>(),
): Promise<ReadonlyMap<string, HereFile>> {
  let cursor: string | undefined
  do {
    const query = { folder: below === '' ? folder : `${folder}/${below}`, limit: 500, cursor }
    const { items, nextCursor } = await api.listFiles({ query })
    for (const { name, isFolder, digest, sizeBytes } of items) {
      const path = below === '' ? name : `${below}/${name}`
      if (isFolder) await filesHere({ artifacts: api }, folder, path, found)
      else found.set(path, { digest: digest!, sizeBytes: sizeBytes! })
    }
    cursor = nextCursor ?? undefined
  } while (cursor !== undefined)
  return found
}

/** Whether an answer is about what was sent, so that the rest of an import can go on. */
export const isAboutOne = (error: unknown): error is ApiError =>
  error instanceof ApiError && [400, 404, 409, 413, 422].includes(error.status)
