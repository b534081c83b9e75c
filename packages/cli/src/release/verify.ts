import { canonicalJson, plural, type ReleaseDocument } from '@evenkeel/contract'
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'

export interface Check {
  readonly name: string
  readonly passed: boolean
  readonly says: string
}

/** What is known of a release: its document, and whatever of its content is at hand. */
export interface Evidence {
  readonly document: ReleaseDocument
  readonly spec?: unknown
  /** Digest (hex) that a file is named by, to the digest (hex) of what it holds. */
  readonly files?: ReadonlyMap<string, string>
}

/** Checks a release against public keys in PEM, without a server. */
export function checkRelease({ document, spec, files }: Evidence, publicKeys: readonly string[]): Check[] {
  return [
    checkSignature(document, publicKeys),
    ...(spec === undefined ? [] : [checkSpec(document, spec)]),
    ...(files ? [checkFiles(document, files)] : []),
  ]
}

function checkSignature({ signature, ...unsigned }: ReleaseDocument, publicKeys: readonly string[]): Check {
  const name = 'signature'
  const key = publicKeys.map((pem) => createPublicKey(pem)).find((one) => keyIdOf(one) === unsigned.keyId)
  if (!key)
    return { name, passed: false, says: `it is signed with the key ${unsigned.keyId}, which is not among yours` }
  const passed = verify(null, Buffer.from(canonicalJson(unsigned)), key, Buffer.from(signature, 'base64'))
  return {
    name,
    passed,
    says: passed ? `is that of the key ${unsigned.keyId}` : 'something in the document was changed',
  }
}

const keyIdOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)

function checkSpec({ specDigest }: ReleaseDocument, spec: unknown): Check {
  const digest = createHash('sha256')
    .update(canonicalJson({ ...(spec as object), commit: undefined }))
    .digest('hex')
  const passed = `sha256:${digest}` === specDigest
  return {
    name: 'spec',
    passed,
    says: passed ? `is ${specDigest}` : `is sha256:${digest}, and ${specDigest} was signed`,
  }
}

function checkFiles({ files: listed }: ReleaseDocument, files: ReadonlyMap<string, string>): Check {
  const wrong = listed.find(
    ({ digest }) => files.get(digest.slice('sha256:'.length)) !== digest.slice('sha256:'.length),
  )
  if (!wrong) return { name: 'code', passed: true, says: `${plural(listed.length, 'file')} as signed` }
  return { name: 'code', passed: false, says: `${wrong.path} (${wrong.digest}) is missing, or holds something else` }
}
