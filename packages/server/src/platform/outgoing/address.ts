import { lookup as lookUp } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

const refused = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  refused.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
  ['2002::', 16],
] as const)
  refused.addSubnet(net, bits, 'ipv6')

/** Whether an address leads to this machine, a private network or nowhere. IPv4 inside IPv6 counts as what it is. */
export function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  const plain = mapped ?? address
  const family = isIP(plain)
  return family === 0 || refused.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

/** Why events must not be sent there; undefined when they may, as far as the address itself tells. */
export function whyNotSend(url: string, { privateTargets }: { readonly privateTargets: boolean }): string | undefined {
  const { protocol, hostname, username, password } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:') return `"${protocol}" is not http or https.`
  if (username || password) return 'The address holds a user or a password; give the key apart from it.'
  if (privateTargets) return undefined
  const host = hostname.replace(/^\[|\]$/g, '')
  if (host === 'localhost' || host.endsWith('.localhost')) return `"${host}" is this machine.`
  if (isIP(host) !== 0 && isPrivate(host)) return `${host} is an address of this machine or of a private network.`
  return undefined
}

/** Looks names up, and refuses those that lead to a private address: asked for each connection, so no answer can change later. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, [])
    const bad = addresses.find(({ address }) => isPrivate(address))
    if (bad) return callback(new Error(`${hostname} leads to ${bad.address}, which is in a private network.`), [])
    if (options.all) return callback(null, addresses)
    return callback(null, addresses[0]!.address, addresses[0]!.family)
  })
}
