import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { isPrivate, whyNotSend } from '../../../platform/outgoing/address.ts'

/** A step cannot be taken from there. `message` says why, and nothing of a secret. */
export class CannotFetch extends Error {
  override readonly name = 'CannotFetch'
}

const bySetting = 'EVENKEEL_GIT_PRIVATE_TARGETS=1 lets the server ask repositories in private networks.'

/**
 * What git is told about the host: names are looked up once and pinned, so that no second answer can lead elsewhere.
 *
 * @returns a value of `http.curloptResolve`; `undefined` for an address, and when the setting lets it ask whoever it likes
 * @throws CannotFetch when the repository lies on this machine or in a private network, and may not
 */
export async function pinnedHost(repository: string, privateTargets: boolean): Promise<string | undefined> {
  const why = whyNotSend(repository, { privateTargets })
  if (why !== undefined) throw new CannotFetch(`${why}${/password/.test(why) ? '' : ` ${bySetting}`}`)
  const { hostname: host, port } = new URL(repository)
  const isAddress = isIP(host.replace(/^\[|\]$/g, '')) !== 0
  if (privateTargets || isAddress) return undefined
  const found = await lookup(host, { all: true }).catch((cause: unknown) => {
    throw new CannotFetch(`The host "${host}" cannot be found.`, { cause })
  })
  const bad = found.find(({ address }) => isPrivate(address))
  if (bad) throw new CannotFetch(`${host} leads to ${bad.address}, which is in a private network. ${bySetting}`)
  const addresses = found.map(({ address, family }) => (family === 6 ? `[${address}]` : address))
  return `${host}:${port || 443}:${addresses.join(',')}`
}
