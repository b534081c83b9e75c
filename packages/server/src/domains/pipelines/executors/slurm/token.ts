import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { SlurmTarget } from '../targets.ts'

const lifetimeSeconds = 300

/** The headers by which slurmrestd knows the user. */
export function slurmHeaders({ user, tokenFile, jwtKeyFile }: SlurmTarget) {
  return async () => ({
    'x-slurm-user-name': user,
    'x-slurm-user-token':
      tokenFile === undefined
        ? mint(user, await readFile(jwtKeyFile!), Math.floor(Date.now() / 1000))
        : tokenOf(await readFile(tokenFile, 'utf8')),
  })
}

/** `scontrol token` prints `SLURM_JWT=…`. */
const tokenOf = (text: string): string => text.trim().replace(/^SLURM_JWT=/, '')

/**
 * A token of auth/jwt, signed with the key of the cluster: HS256 over `exp`, `iat` and `sun`, the name of the user.
 *
 * @param now - epoch seconds
 * @see https://slurm.schedmd.com/jwt.html
 */
export function mint(user: string, key: Buffer, now: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp: now + lifetimeSeconds, iat: now, sun: user })}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}
