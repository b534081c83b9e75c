import type { FastifyRequest } from 'fastify'
import { failPlatform } from '../errors.ts'

/** Names under which a machine is its own; a page of another site cannot make a browser send them. */
const loopback = ['localhost', '127.0.0.1', '[::1]']
/** Probes of orchestrators come under the address of the pod. */
const openPaths = ['/healthz', '/readyz']
const reads = ['GET', 'HEAD', 'OPTIONS']

/**
 * Refuses foreign host names (DNS rebinding) and writes from pages of other sites. Ports do not count: a tunnel or a
 * proxy changes them.
 */
export function createHostCheck(allowedHosts: readonly string[]): (request: FastifyRequest) => void {
  const allowed = new Set([...loopback, ...allowedHosts.map((host) => host.toLowerCase())])

  return ({ url, method, headers }) => {
    const host = nameOf(`http://${headers.host ?? ''}`)
    if (!openPaths.includes(url) && !allowed.has(host ?? '')) {
      throw failPlatform('auth.host_not_allowed', { host: headers.host ?? '' })
    }
    if (headers.origin === undefined || reads.includes(method)) return
    if (allowed.has(nameOf(headers.origin) ?? '')) return
    throw failPlatform('auth.origin_not_allowed', { origin: headers.origin })
  }
}

function nameOf(url: string): string | undefined {
  return URL.parse(url)?.hostname
}
