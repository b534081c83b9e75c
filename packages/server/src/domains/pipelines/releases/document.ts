import { canonicalJson, type CodeFile, PipelineSpec, type ReleaseDocument } from '@evenkeel/contract'
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { z } from 'zod'
import type { SigningKey } from '../../../platform/signing-key.ts'
import { specOf } from '../present.ts'
import type { VersionRow } from '../version-store.ts'
import { isDirty, specDigestOf } from '../write-version.ts'

export interface Making {
  readonly version: VersionRow
  readonly notes: string
  readonly releasedBy: string
  readonly now: Date
  /** Digest of a program that ships with Evenkeel; null when there is none of this name. */
  readonly programDigest: (name: string) => Promise<string | null>
}

/** Says all that a version is made of, and signs it. */
export async function makeDocument(making: Making, key: SigningKey): Promise<ReleaseDocument> {
  const { version, notes, releasedBy, now, programDigest } = making
  const spec = specOf(version)
  const unsigned = {
    format: 'evenkeel.release/1' as const,
    project: version.project_id,
    pipeline: version.pipeline,
    version: version.version,
    specDigest: `sha256:${specDigestOf(version.spec as object)}`,
    commit: spec.commit ?? null,
    dirty: isDirty(spec.commit),
    params: spec.params,
    steps: await Promise.all(
      spec.steps.map(async ({ key: step, uses, code }) => ({
        key: step,
        code: code && digestOf(code.toSorted((a, b) => (a.path < b.path ? -1 : 1))),
        uses: uses ?? null,
        program: uses === undefined ? null : await programDigest(uses),
        locks: locksOf(version.spec, step),
      })),
    ),
    files: filesOf(spec),
    notes,
    releasedBy,
    releasedAt: now.toISOString(),
    keyId: key.id,
  }
  return { ...unsigned, signature: key.sign(canonicalJson(unsigned)) }
}

const digestOf = (value: unknown): string => `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`

/** Each file once, although several steps have it. */
export const filesOf = ({ steps }: PipelineSpec): CodeFile[] => {
  const files = steps.flatMap(({ code }) => code ?? [])
  return [...new Map(files.map((file) => [canonicalJson(file), file])).values()].toSorted((a, b) =>
    a.path < b.path || (a.path === b.path && a.digest < b.digest) ? -1 : 1,
  )
}

/** A step that names the software it runs on pins it by lock files: `{ path, digest }` wherever they stand. */
const Lock = z.object({ path: z.string(), digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) })
const WithRuntime = z.object({
  steps: z.array(z.object({ key: z.string(), runtime: z.record(z.string(), z.unknown()).nullish() })),
})

function locksOf(spec: unknown, step: string): Record<string, string> {
  const read = WithRuntime.safeParse(spec)
  const runtime = read.data?.steps.find(({ key }) => key === step)?.runtime ?? {}
  const locks = Object.values(runtime).flatMap((value) => Lock.safeParse(value).data ?? [])
  return Object.fromEntries(locks.map(({ path, digest }) => [path, digest]))
}

/** A public key as PEM, with the name it has here. @throws TypeError when it is no Ed25519 key */
export function readPublicKey(pem: string): { readonly id: string; readonly key: KeyObject; readonly pem: string } {
  const key = createPublicKey(pem)
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('It is no Ed25519 key.')
  const id = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
  return { id, key, pem: key.export({ type: 'spki', format: 'pem' }).toString() }
}

/** Why a document with its spec is not what one of these keys signed; `undefined` when it is. */
export function whyNotTrusted(
  { signature, ...unsigned }: ReleaseDocument,
  spec: unknown,
  publicKeys: readonly string[],
): string | undefined {
  const known = publicKeys.map(readPublicKey).find(({ id }) => id === unsigned.keyId)
  if (!known) return `It is signed with the key ${unsigned.keyId}, which nobody has added here.`
  const text = Buffer.from(canonicalJson(unsigned))
  if (!verify(null, text, known.key, Buffer.from(signature, 'base64')))
    return `Its signature is not that of the key ${unsigned.keyId}: something in it was changed.`
  const parsed = PipelineSpec.safeParse(spec)
  if (!parsed.success) return 'Its spec cannot be read.'
  if (`sha256:${specDigestOf(spec as object)}` !== unsigned.specDigest)
    return 'The spec is not the one that was signed.'
  const files = canonicalJson(filesOf(parsed.data))
  return files === canonicalJson(unsigned.files) ? undefined : 'Its list of files is not that of the spec.'
}
