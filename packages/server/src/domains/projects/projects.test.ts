import { createClient } from '@evenkeel/client'
import { artifacts, platform, projects } from '@evenkeel/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listAudit } from '../../platform/audit.ts'
import { localCaller } from '../../platform/auth.ts'
import { startWorld, type World } from '../../testing.ts'
import { createProjects } from './service.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.stop())

const admin = () => createClient(projects, world.clientOptions())
const withToken = (token: string) => createClient(projects, { baseUrl: world.url, token })
const actions = async (subject: string) =>
  (await listAudit(world.platform.db, { projectId: 'default', subject, limit: 10 })).map(({ action }) => action)

describe('users', () => {
  it('start with whoever sits at the machine, as admin', async () => {
    expect(await admin().me()).toEqual({
      userId: 'local',
      userName: 'local',
      projectId: 'default',
      roles: ['admin'],
      kind: 'local',
    })
  })

  it('have a name of their own, whatever its case, and none that the audit log uses', async () => {
    await admin().createUser({ body: { name: 'Mia', roles: ['viewer'] } })
    const create = (name: string) => admin().createUser({ body: { name, roles: ['viewer'] } })

    for (const name of ['mia', 'local', 'Policy', 'system']) {
      await expect(create(name)).rejects.toMatchObject({ status: 409, code: 'projects.user_exists', details: { name } })
    }
    expect((await admin().listUsers()).items.map(({ name }) => name)).toEqual(expect.arrayContaining(['local', 'Mia']))
    expect(await actions('Mia')).toEqual(['projects.create_user'])
    expect(await actions('mia')).toEqual([])
  })

  it('gain and lose rights with their roles, at once', async () => {
    const { name } = await admin().createUser({ body: { name: 'ben', roles: ['viewer'] } })
    const { token } = await admin().createToken({ params: { user: name }, body: { name: 'laptop' } })
    const create = () => withToken(token).createUser({ body: { name: `by-ben-${Math.random()}`, roles: ['viewer'] } })
    await expect(create()).rejects.toMatchObject({
      status: 403,
      code: 'auth.not_allowed',
      details: { access: 'projects:admin', roles: ['viewer'] },
    })

    await admin().createUser({ body: { name: 'other-admin', roles: ['admin'] } })
    await admin().setRoles({ params: { user: name }, body: { roles: ['admin'] } })
    await expect(create()).resolves.toMatchObject({ roles: ['viewer'] })
    await admin().setRoles({ params: { user: name }, body: { roles: ['operator'] } })

    await expect(create()).rejects.toMatchObject({ status: 403 })
    expect(await actions('ben')).toEqual([
      'projects.set_roles',
      'projects.set_roles',
      'projects.create_token',
      'projects.create_user',
    ])
  })

  it('always leave one who may administer, also when two are demoted at the same time', async () => {
    await admin().createUser({ body: { name: 'last-one', roles: ['admin'] } })
    const { items } = await admin().listUsers()
    const admins = items.filter(({ id, roles }) => id !== 'local' && roles.includes('admin'))
    expect(admins.length).toBeGreaterThan(1)

    const demotions = admins.map(({ id }) => admin().setRoles({ params: { user: id }, body: { roles: ['viewer'] } }))
    const outcomes = await Promise.allSettled(demotions)

    expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([
      { reason: { status: 409, code: 'projects.last_admin' } },
    ])
  })
})

describe('tokens', () => {
  it('act as their user until they are revoked', async () => {
    await admin().createUser({ body: { name: 'ana@example.org', roles: ['viewer', 'approver'] } })
    const user = { user: 'ana@example.org' }
    const { id, token } = await admin().createToken({ params: user, body: { name: 'laptop' } })

    expect(await withToken(token).me()).toMatchObject({ userName: 'ana@example.org', kind: 'user' })
    const { items } = await admin().listTokens({ params: user })
    expect(items).toMatchObject([{ id, name: 'laptop', kind: 'user', lastUsedAt: expect.any(String) }])
    expect(JSON.stringify(items)).not.toContain(token)

    await admin().deleteToken({ params: { ...user, token: id } })
    await expect(withToken(token).me()).rejects.toMatchObject({ status: 401, code: 'auth.not_signed_in' })
    await expect(admin().deleteToken({ params: { ...user, token: id } })).rejects.toMatchObject({ status: 404 })
  })

  it('are also taken as the password of Basic, as MLflow sends them', async () => {
    const { token } = await admin().createToken({ params: { user: 'ana@example.org' }, body: { name: 'mlflow' } })

    const response = await fetch(`${world.url}/api/v1/me`, {
      headers: { authorization: `Basic ${btoa(`x:${token}`)}` },
    })

    expect(await response.json()).toMatchObject({ userName: 'ana@example.org' })
  })

  it('expire', async () => {
    const dayAfterTomorrow = new Date(Date.now() + 2 * 86_400_000)
    const later = createProjects({ db: world.platform.db, now: () => dayAfterTomorrow })
    const request = { params: { user: 'ana@example.org' }, body: { name: 'short', expiresInDays: 1 } }
    const { token, id } = await admin().createToken(request)

    expect(await world.projects.findCaller(token)).toMatchObject({ userName: 'ana@example.org' })
    expect(await later.findCaller(token)).toBeUndefined()

    for (const job of later.jobs) if ('everySeconds' in job) await job.handle()
    const { items } = await admin().listTokens({ params: { user: 'ana@example.org' } })
    expect(items.map((item) => item.id)).not.toContain(id)
  })

  it.each(['nonsense', 'evenkeel_pat_00_00000000', ''])('are refused when they are "%s"', async (token) => {
    const response = await fetch(`${world.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}x` } })

    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('Bearer')
  })

  it('of a node reach what a node needs and nothing else', async () => {
    const request = { params: { user: 'ana@example.org' }, body: { name: 'node-1', kind: 'node' as const } }
    const { token } = await admin().createToken(request)
    const options = { baseUrl: world.url, token }
    const absent = `sha256:${'0'.repeat(64)}`

    await expect(createClient(artifacts, options).download({ params: { digest: absent } })).rejects.toMatchObject({
      status: 404,
    })
    await expect(createClient(projects, options).me()).rejects.toMatchObject({ status: 403 })
  })

  it('of a step belong to one run, and end with it', async () => {
    const step = { userId: 'local', scope: 'run-7', expiresAt: new Date(Date.now() + 60_000) }
    const token = await world.projects.issueStepToken(step)

    expect(await world.projects.findCaller(token)).toMatchObject({ kind: 'step', scope: 'run-7', userName: 'local' })
    await expect(withToken(token).createUser({ body: { name: 'x', roles: ['admin'] } })).rejects.toMatchObject({
      status: 403,
    })

    await world.projects.revokeStepTokens('run-7')
    expect(await world.projects.findCaller(token)).toBeUndefined()
  })
})

describe('a server that asks for sign-in', () => {
  const secret = 'first-admin-token-of-this-test'

  it('takes the first token, and refuses who has none', async () => {
    const closed = await startWorld({ environment: { EVENKEEL_AUTH: 'required', EVENKEEL_INIT_TOKEN: secret } })
    try {
      const me = (token?: string) => createClient(projects, { baseUrl: closed.url, token }).me()

      expect(await me(secret)).toMatchObject({ userName: 'admin', roles: ['admin'], kind: 'user' })
      await expect(me()).rejects.toMatchObject({ status: 401, why: 'No token was sent.' })
      await expect(me(`${secret}x`)).rejects.toMatchObject({ status: 401 })
      expect(await createClient(platform, { baseUrl: closed.url }).about()).toMatchObject({ signIn: 'token' })
      expect((await fetch(`${closed.url}/readyz`)).status).toBe(200)

      await closed.projects.prepareSignIn({ signIn: 'token', initToken: secret })
      expect(await closed.projects.listTokens(localCaller, 'admin')).toHaveLength(1)
    } finally {
      await closed.stop()
    }
  })

  it('does not start when nobody could sign in', async () => {
    await expect(startWorld({ environment: { EVENKEEL_AUTH: 'required' } })).rejects.toThrow('EVENKEEL_INIT_TOKEN')
  })
})
