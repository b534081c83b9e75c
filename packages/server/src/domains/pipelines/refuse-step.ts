import type { Caller } from '../../platform/auth.ts'
import { failPlatform } from '../../platform/errors.ts'

/** A step may end its own run and change nothing else here. @throws DomainError `auth.not_allowed` */
export function refuseStep({ kind, scope, roles }: Caller, run?: string): void {
  if (kind !== 'step' || (run !== undefined && scope === run)) return
  throw failPlatform('auth.not_allowed', { access: 'pipelines:write', roles: [...roles] })
}
