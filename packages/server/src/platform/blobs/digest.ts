/** The hex digits of a digest. @throws RangeError when it is none: it must not become part of a path */
export function hexOf(digest: string): string {
  const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(digest) ?? []
  if (!hex) throw new RangeError(`"${digest}" is no digest; it reads sha256: and 64 hex digits.`)
  return hex
}

/** The digest of what lies under a name in a store; undefined for anything that we did not put there. */
export const digestNamed = (name: string): string | undefined =>
  /^[0-9a-f]{64}$/.test(name) ? `sha256:${name}` : undefined
