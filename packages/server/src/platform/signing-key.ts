import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno } from './errors.ts'

/** An Ed25519 key pair whose private half never leaves the data folder. */
export interface SigningKey {
  /** First 16 hex digits of the sha256 of the public key. */
  readonly id: string
  /** PEM, SPKI. */
  readonly publicKey: string
  /** @returns the signature in base64 */
  sign(text: string): string
  verify(text: string, signature: string): boolean
}

/** Reads `<folder>/keys/<name>.pem` (mode 0600), and creates it the first time. */
export async function openSigningKey(folder: string, name: string): Promise<SigningKey> {
  const file = join(folder, 'keys', `${name}.pem`)
  await mkdir(join(folder, 'keys'), { recursive: true, mode: 0o700 })
  const pem = (await readPem(file)) ?? (await createPem(file))
  return present(createPrivateKey(pem))
}

const readPem = (file: string) =>
  readFile(file, 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  })

/** Of two servers that start at once, one gives the file its name; both read what it then holds. */
async function createPem(file: string): Promise<string> {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const unfinished = `${file}.${randomUUID()}`
  await writeFile(unfinished, pem, { mode: 0o600, flush: true })
  try {
    await link(unfinished, file)
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
  } finally {
    await rm(unfinished)
  }
  return readFile(file, 'utf8')
}

function present(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey)
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return {
    id: createHash('sha256').update(spki).digest('hex').slice(0, 16),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
    verify: (text, signature) => verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64')),
  }
}
