import { createClient, type ClientOptions } from '@evenkeel/client'
import { type Approval, modelCards, modelPeople, registry as endpoints, type Rollout } from '@evenkeel/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listAudit } from '../../../platform/audit.ts'
import { localCaller } from '../../../platform/auth.ts'
import { type RegistryWorld, rolloutOf, startRegistry } from '../testing.ts'

let world: RegistryWorld
let clock = new Date('2026-03-01T12:00:00Z')
let approvals: Approval[] = []
let rollouts: Rollout[] = []
beforeAll(async () => {
  world = await startRegistry(() => ({
    now: () => clock,
    isUser: async (_project, name) => name === 'ana',
    approvals: async (_project, model) => approvals.filter((approval) => approval.model === model),
    rolloutsOf: async (_project, model) => rollouts.filter((rollout) => rollout.model === model),
  }))
}, 60_000)
afterAll(() => world.stop())

const people = (options: ClientOptions = world.clientOptions()) => createClient(modelPeople, options)
const models = () => createClient(endpoints, world.clientOptions())
const of = (model: string, version = 1) => ({ params: { model, version } })
const auditOf = async (subject: string) =>
  (await listAudit(world.platform.db, { projectId: 'default', beforePosition: 1e9, limit: 100 })).filter(
    (entry) => entry.subject === subject,
  )

describe('owners', () => {
  const set = (model: string, ...owners: { kind: 'user' | 'team'; name: string }[]) =>
    people().setOwners({ params: { model }, body: { owners } })
  const ownedBy = async (owner: string) =>
    (await models().listModels({ query: { owner } })).items.map(({ name }) => name)

  it('are whoever registered the model, until somebody says otherwise', async () => {
    await world.register('owned', 'a')
    expect(await models().getModel({ params: { model: 'owned' } })).toMatchObject({
      owners: [{ kind: 'user', name: 'local' }],
    })

    const model = await set('owned', { kind: 'user', name: 'ana' }, { kind: 'team', name: 'risk' })

    expect(model.owners).toEqual([
      { kind: 'team', name: 'risk' },
      { kind: 'user', name: 'ana' },
    ])
    expect((await auditOf('owned'))[0]).toMatchObject({
      action: 'registry.set_owners',
      before: { owners: ['user:local'] },
      after: { owners: ['team:risk', 'user:ana'] },
    })
  })

  it('find their models', async () => {
    await world.register('of-team', 'a')
    await world.register('of-user', 'a')
    await set('of-team', { kind: 'team', name: 'fraud' })
    await set('of-user', { kind: 'user', name: 'ana' }, { kind: 'team', name: 'fraud watch' })

    expect(await ownedBy('fraud')).toEqual(['of-team'])
    expect(await ownedBy('team:fraud')).toEqual(['of-team'])
    expect(await ownedBy('user:fraud')).toEqual([])
    expect(await ownedBy('ana')).toContain('of-user')
  })

  it('are users who exist; one who left may stay', async () => {
    await world.register('left', 'a')

    await expect(set('left', { kind: 'user', name: 'nobody' })).rejects.toMatchObject({
      status: 422,
      code: 'registry.unknown_owner',
      details: { name: 'nobody' },
    })
    expect((await set('left', { kind: 'user', name: 'local' }, { kind: 'user', name: 'ana' })).owners).toHaveLength(2)
    expect((await set('left')).owners).toEqual([])
  })

  it('go with a new name of the model', async () => {
    const { registeredModels } = world.registry.catalog
    await registeredModels.create(localCaller, { name: 'old-name', description: '', tags: [] })
    await registeredModels.rename(localCaller, 'old-name', 'new-name')

    expect((await models().getModel({ params: { model: 'new-name' } })).owners).toEqual([
      { kind: 'user', name: 'local' },
    ])
  })
})

describe('comments', () => {
  const add = (model: string, text: string, options?: ClientOptions) =>
    people(options).addComment({ ...of(model), body: { text } })

  it('are listed newest first, page by page', async () => {
    await world.register('discussed', 'a')
    for (const text of ['one', 'two', 'three']) await add('discussed', text)

    const first = await people().listComments({ ...of('discussed'), query: { limit: 2 } })
    const second = await people().listComments({ ...of('discussed'), query: { limit: 2, cursor: first.nextCursor! } })

    expect([...first.items, ...second.items].map(({ text, author }) => [text, author])).toEqual([
      ['three', 'local'],
      ['two', 'local'],
      ['one', 'local'],
    ])
    expect(second.nextCursor).toBeNull()
  })

  it('belong to their author; an administrator may delete, and put no words into the mouth of another', async () => {
    await world.register('moderated', 'a')
    const viewer = await world.asRole('viewer')
    const other = people(await world.asRole('approver'))
    const { id } = await add('moderated', 'first', viewer)
    const one = { params: { ...of('moderated').params, comment: id } }

    clock = new Date('2026-03-03T12:00:00Z')
    const edited = await people(viewer).editComment({ ...one, body: { text: 'second' } })
    expect(edited).toMatchObject({ text: 'second', editedAt: clock.toISOString(), mayEdit: true, mayDelete: true })
    const notYours = { status: 403, code: 'registry.not_yours' }
    await expect(other.editComment({ ...one, body: { text: 'x' } })).rejects.toMatchObject(notYours)
    await expect(other.deleteComment(one)).rejects.toMatchObject(notYours)
    await expect(people().editComment({ ...one, body: { text: 'x' } })).rejects.toMatchObject(notYours)
    const { items } = await people().listComments({ ...of('moderated'), query: {} })
    expect(items).toMatchObject([{ text: 'second', mayEdit: false, mayDelete: true }])

    await people().deleteComment(one)

    expect((await people().listComments({ ...of('moderated'), query: {} })).items).toEqual([])
    expect((await auditOf('moderated@1'))[0]).toMatchObject({
      action: 'registry.delete_comment',
      before: { text: 'second' },
    })
    await expect(people().deleteComment(one)).rejects.toMatchObject({ code: 'registry.comment_not_found' })
  })

  it('are not written by machines, nor empty, nor on what is not there', async () => {
    await world.register('quiet', 'a')
    const expiresAt = new Date(Date.now() + 60_000)
    const token = await world.projects.issueStepToken({ userId: localCaller.userId, scope: 'run', expiresAt })

    await expect(add('quiet', 'beep', { baseUrl: world.url, token })).rejects.toMatchObject({ status: 403 })
    await expect(add('quiet', ' \n ')).rejects.toMatchObject({ code: 'http.invalid_request' })
    await expect(add('nothing', 'x')).rejects.toMatchObject({ code: 'registry.version_not_found' })
  })
})

describe('history', () => {
  const at = (day: number) => `2026-04-${String(day).padStart(2, '0')}T00:00:00.000Z`
  const approval = (model: string): Approval => ({
    kind: 'version',
    id: 'a1',
    state: 'approved',
    model,
    version: 2,
    environment: 'production',
    digest: `sha256:${'0'.repeat(64)}`,
    requestedBy: 'ana',
    comment: 'please',
    evidence: [],
    decidedBy: 'ben',
    reason: 'fine',
    requestedAt: at(3),
    decidedAt: at(4),
    expiresAt: at(9),
  })

  async function live(model: string): Promise<void> {
    clock = new Date(at(1))
    await world.register(model, `${model} a`)
    clock = new Date(at(2))
    await world.register(model, `${model} b`)
    await models().setAlias({ params: { model, alias: 'best' }, body: { version: 2 } })
    clock = new Date(at(7))
    const cards = createClient(modelCards, world.clientOptions())
    await cards.put({ ...of(model, 2), body: { card: '# New', revision: 0, reason: 'clearer' } })
    approvals = [approval(model)]
    const move = (day: number, state: Rollout['state'], by: string, says: string) => ({ at: at(day), state, by, says })
    rollouts = [
      rolloutOf({
        model,
        fromVersion: 1,
        toVersion: 2,
        history: [
          move(5, 'awaiting_approval', 'ana', 'better on March'),
          move(5, 'canary', 'system', '10 %'),
          move(6, 'rolling_back', 'ben', 'errors'),
          move(6, 'rolled_back', 'system', 'errors'),
        ],
      }),
    ]
  }

  const told = [
    ['card', 'The card of version 2 was edited (+1 −3 lines)', 'local', 'clearer'],
    ['rollback', 'Version 2 was rolled back on flights (production)', null, 'errors'],
    ['rollback', 'Version 2 is rolled back on flights (production)', 'ben', 'errors'],
    ['deployment', 'Version 2 was sent to flights (production) in place of version 1', 'ana', 'better on March'],
    ['approval', 'Version 2 for production: approved', 'ben', 'fine'],
    ['approval', 'Approval of version 2 for production was asked for', 'ana', 'please'],
    ['alias', 'Version 2 became best', 'local', 'Set by hand'],
    ['registered', 'Version 2 was registered', 'local', ''],
    ['registered', 'Version 1 was registered', 'local', ''],
  ]

  it('tells everything once, newest first, with who and why', async () => {
    await live('storied')

    const { items } = await people().history({ params: { model: 'storied' }, query: {} })

    const rows = items.filter(({ kind }) => kind !== 'gate').map(({ kind, what, by, why }) => [kind, what, by, why])
    expect(rows).toEqual(told)
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length)
  })

  it.each([1, 2, 3, 5])('pages by %i without losing or repeating what happened at the same moment', async (limit) => {
    const model = `paged ${limit}`
    await live(model)
    const whole = (await people().history({ params: { model }, query: {} })).items.map(({ id }) => id)

    const seen: string[] = []
    for (let cursor: string | undefined; ;) {
      const page = await people().history({ params: { model }, query: { limit, ...(cursor && { cursor }) } })
      seen.push(...page.items.map(({ id }) => id))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }

    expect(seen).toEqual(whole)
  })

  it('tells of one version only, refuses a cursor of something else, and knows no strangers', async () => {
    await live('narrow')

    const one = await people().history({ params: { model: 'narrow' }, query: { version: 1 } })
    expect(one.items.every(({ version }) => version === 1)).toBe(true)
    expect(one.items.length).toBeGreaterThan(0)
    const odd = people().history({ params: { model: 'narrow' }, query: { cursor: '7' } })
    await expect(odd).rejects.toMatchObject({ code: 'http.invalid_request' })
    await expect(people().history({ params: { model: 'gone' }, query: {} })).rejects.toMatchObject({ status: 404 })
  })
})
