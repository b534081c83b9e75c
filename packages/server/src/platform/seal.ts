import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openKeyFile } from './key-file.ts'

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
  const name = 'secrets.key'
  const text = await openKeyFile(folder, name, () => `${randomBytes(keyBytes).toString('hex')}\n`)
  if (!/^[0-9a-f]{64}\s*$/.test(text)) {
    throw new Error(`${join(folder, 'keys', name)} holds no key of 64 hex digits; put back the one that was there.`)
  }
  return sealWith(Buffer.from(text.trim(), 'hex'))
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
