import type { Access, Role } from '@evenkeel/contract'
import { describe, expect, it } from 'vitest'
import { type Caller, can, hashToken, isWellFormed, localCaller, newToken, tokenOf } from './auth.ts'

const caller = (more: Partial<Caller>): Caller => ({ ...localCaller, kind: 'user', roles: [], ...more })
const as = (...roles: Role[]) => caller({ roles })

describe('what a caller may do', () => {
  it.each<{ role: Role; may: Access[]; mayNot: Access[] }>([
    {
      role: 'viewer',
      may: ['registry:read', 'projects:read', 'monitoring:read'],
      mayNot: ['registry:write', 'projects:admin', 'predictions:write'],
    },
    {
      role: 'data_scientist',
      may: [
        'datasets:write',
        'features:write',
        'pipelines:write',
        'registry:write',
        'tracking:write',
        'artifacts:write',
      ],
      mayNot: ['governance:write', 'deployments:write', 'projects:admin', 'fleet:write'],
    },
    { role: 'approver', may: ['governance:write', 'governance:read'], mayNot: ['registry:write', 'deployments:write'] },
    {
      role: 'operator',
      may: ['deployments:write', 'monitoring:write'],
      mayNot: ['governance:write', 'registry:write'],
    },
    { role: 'admin', may: ['projects:admin', 'governance:write', 'anything:write'], mayNot: [] },
  ])('$role', ({ role, may, mayNot }) => {
    expect(may.filter((access) => !can(as(role), access))).toEqual([])
    expect(mayNot.filter((access) => can(as(role), access))).toEqual([])
  })

  it('adds the roles of one user up', () => {
    expect(can(as('data_scientist', 'approver'), 'governance:write')).toBe(true)
    expect(can(as('data_scientist', 'approver'), 'deployments:write')).toBe(false)
  })

  it('gives a machine its own list, whatever the roles of its owner', () => {
    const node = caller({ kind: 'node', roles: ['admin'] })
    const step = caller({ kind: 'step', roles: ['admin'], scope: 'run-1' })

    expect([can(node, 'fleet:write'), can(node, 'predictions:write'), can(node, 'artifacts:read')]).not.toContain(false)
    expect([can(node, 'registry:read'), can(node, 'projects:admin'), can(node, 'artifacts:write')]).not.toContain(true)
    expect([can(step, 'registry:write'), can(step, 'datasets:read'), can(step, 'artifacts:write')]).not.toContain(false)
    expect([can(step, 'datasets:write'), can(step, 'governance:write'), can(step, 'fleet:read')]).not.toContain(true)
  })

  it('gives nothing to who has no role', () => {
    expect(can(as(), 'registry:read')).toBe(false)
    expect(can(as(), 'public')).toBe(true)
  })
})

describe('a token', () => {
  it('is recognised by scanners, and tells a typing mistake without a look-up', () => {
    const token = newToken()

    expect(token).toMatch(/^evenkeel_pat_[0-9a-f]{60}_[0-9a-f]{8}$/)
    expect(isWellFormed(token)).toBe(true)
    expect(isWellFormed(`${token.slice(0, 20)}x${token.slice(21)}`)).toBe(false)
    expect(isWellFormed(token.slice(0, -1))).toBe(false)
    expect(isWellFormed('evenkeel_pat_')).toBe(false)
  })

  it('is never the same twice, and does not lie in its hash', () => {
    const tokens = Array.from({ length: 100 }, newToken)

    expect(new Set(tokens.map(hashToken)).size).toBe(100)
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it.each([
    { header: 'Bearer abc', token: 'abc' },
    { header: '  bearer   abc  ', token: 'abc' },
    { header: `Basic ${btoa('any:a:b')}`, token: 'a:b' },
    { header: `Basic ${btoa('any')}`, token: undefined },
    { header: `Basic ${btoa('any:')}`, token: undefined },
    { header: 'Digest abc', token: undefined },
    { header: 'Bearer', token: undefined },
    { header: undefined, token: undefined },
  ])('is read from $header', ({ header, token }) => {
    expect(tokenOf(header)).toBe(token)
  })
})
