import { randomBytes, randomInt } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isErrno } from './errors.ts'

/** What is kept between starts of the embedded PostgreSQL, in a file that only we can read. */
export interface PostgresSettings {
  readonly port: number
  readonly password: string
  readonly url: string
  readonly pid: number
}

const fileOf = (folder: string) => join(folder, 'postgres.json')

export const urlOf = ({ port, password }: { port: number; password: string }) =>
  `postgres://evenkeel:${password}@127.0.0.1:${port}/postgres`

/**
 * Reads what the last start wrote; `undefined` before the first one.
 *
 * @throws Error when the file is damaged
 */
export async function readPostgresSettings(folder: string): Promise<PostgresSettings | undefined> {
  try {
    return JSON.parse(await readFile(fileOf(folder), 'utf8')) as PostgresSettings
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return undefined
    throw new Error(`${fileOf(folder)} cannot be read: ${(cause as Error).message}. Restore it from a backup.`, {
      cause,
    })
  }
}

export async function writePostgresSettings(
  folder: string,
  settings: { port: number; password: string; pid: number },
): Promise<void> {
  const file = fileOf(folder)
  const content: PostgresSettings = { ...settings, url: urlOf(settings) }
  await writeFile(`${file}.new`, `${JSON.stringify(content)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

export const newPassword = (): string => randomBytes(24).toString('hex')

/**
 * The same port as the last time when it is free, so that connection strings stay true. Otherwise one below the range
 * that operating systems use for outgoing connections: there, any client could be in the way at the next start.
 */
export async function choosePort(preferred: number | undefined): Promise<number> {
  for (let attempt = 0; preferred !== undefined && attempt < 10; attempt++) {
    if (await isFree(preferred)) return preferred
    await delay(100)
  }
  for (;;) {
    const port = randomInt(15_000, 32_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error) => (isErrno(error, 'EADDRINUSE', 'EACCES') ? resolve(false) : reject(error)))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
