import { randomUUID } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno } from './errors.ts'

/** Reads a file of `<folder>/keys` (mode 0600), and creates it with what `make` answers the first time. */
export async function openKeyFile(folder: string, name: string, make: () => string): Promise<string> {
  const file = join(folder, 'keys', name)
  await mkdir(join(folder, 'keys'), { recursive: true, mode: 0o700 })
  const text = (await readIfThere(file)) ?? (await create(file, make()))
  await chmod(file, 0o600)
  return text
}

const readIfThere = (file: string) =>
  readFile(file, 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  })

/** Of two servers that start at once, one gives the file its name; both read what it then holds. */
async function create(file: string, text: string): Promise<string> {
  const unfinished = `${file}.${randomUUID()}`
  await writeFile(unfinished, text, { mode: 0o600, flush: true })
  try {
    await link(unfinished, file)
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
  } finally {
    await rm(unfinished)
  }
  return readFile(file, 'utf8')
}
