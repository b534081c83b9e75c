import { verify } from 'node:crypto'
import { canonicalJson, type DesiredState } from '@evenkeel/contract'
import { z } from 'zod'
import { readText, writeFileSafely } from '../files.ts'
import { Refused } from '../models/resident.ts'

const TrustedKey = z.object({ keyId: z.string(), publicKeyPem: z.string() })
type TrustedKey = z.infer<typeof TrustedKey>

/** The key that this node trusts: the first one it was shown, kept in a file from then on. */
export interface Trust {
  /** @throws Refused (`signature`) unless the state was signed with the trusted key */
  check(state: DesiredState): Promise<void>
}

/** @param fetchKey - asks the control plane; called only while no key is kept */
export async function openTrust(path: string, fetchKey: () => Promise<TrustedKey>): Promise<Trust> {
  const kept = await readText(path)
  let key = kept === undefined ? undefined : TrustedKey.parse(JSON.parse(kept))

  async function pin(): Promise<TrustedKey> {
    const first = await fetchKey()
    await writeFileSafely(path, JSON.stringify(first))
    return first
  }

  return {
    async check(state) {
      key ??= await pin()
      if (state.keyId !== key.keyId) {
        throw new Refused(
          'signature',
          `The state is signed with the key ${state.keyId}, but this node trusts ${key.keyId}. If the key was changed on purpose, delete ${path} and start the node again.`,
        )
      }
      if (!isSigned(state, key))
        throw new Refused('signature', `The signature of generation ${state.generation} is wrong.`)
    },
  }
}

function isSigned({ signature, ...signed }: DesiredState, { publicKeyPem }: TrustedKey): boolean {
  return verify(null, Buffer.from(canonicalJson(signed)), publicKeyPem, Buffer.from(signature, 'base64'))
}
