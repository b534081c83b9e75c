import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { openKeyFile } from './key-file.ts'

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
  const pem = await openKeyFile(folder, `${name}.pem`, () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  )
  return present(createPrivateKey(pem))
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
