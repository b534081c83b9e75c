import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno } from '../../../platform/errors.ts'

/** Keeps text from whoever reads the database: AES-256-GCM under a key of the data folder. */
export interface Seal {
  /** First 16 hex digits of the sha256 of the key. */
  readonly keyId: string
  /** @param about - what the text belongs to; it cannot be opened as something else */
  close(text: string, about: string): Buffer
  /** @throws Error when it was sealed with another key, about something else, or changed since */
  open(sealed: Buffer, about: string): string
}

const keyBytes = 32
const ivBytes = 12
const tagBytes = 16

/** Reads `<folder>/keys/secrets.key` (64 hex digits, mode 0600), and creates it the first time. */
export async function openSeal(folder: string): Promise<Seal> {
  const file = join(folder, 'keys/secrets.key')
  await mkdir(join(folder, 'keys'), { recursive: true, mode: 0o700 })
  const text = (await readKey(file)) ?? (await createKey(file))
  if (!/^[0-9a-f]{64}\s*$/.test(text)) {
    throw new Error(`${file} holds no key of 64 hex digits; put back the one that was there.`)
  }
  await chmod(file, 0o600)
  return sealWith(Buffer.from(text.trim(), 'hex'))
}

const readKey = (file: string) =>
  readFile(file, 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  })

/** Of two servers that start at once, one gives the file its name; both read what it then holds. */
async function createKey(file: string): Promise<string> {
  const unfinished = `${file}.${randomUUID()}`
  await writeFile(unfinished, `${randomBytes(keyBytes).toString('hex')}\n`, { mode: 0o600, flush: true })
  try {
    await link(unfinished, file)
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
  } finally {
    await rm(unfinished)
  }
  return readFile(file, 'utf8')
}

function sealWith(key: Buffer): Seal {
  return {
    keyId: createHash('sha256').update(key).digest('hex').slice(0, 16),
    close(text, about) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(about))
      const closed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), closed])
    },
    open(sealed, about) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes))
        .setAAD(Buffer.from(about))
        .setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes))
      return decipher.update(sealed.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8')
    },
  }
}
