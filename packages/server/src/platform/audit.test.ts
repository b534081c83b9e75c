import { sql } from 'kysely'
import { createHash } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startWorld, type World } from '../testing.ts'
import { audit, type AuditRecord, listAudit } from './audit.ts'

let world: World
beforeEach(async () => {
  world = await startWorld()
})
afterEach(() => world.stop())

const record: AuditRecord = { projectId: 'default', actor: 'ana', action: 'shelves.move', subject: 'oak' }

const write = (more: Partial<AuditRecord> = {}) =>
  world.platform.db.transaction().execute((tx) => audit(tx, { ...record, ...more }))

const verdict = () => world.platform.audit.verify()

it('chains entries by a hash that anyone can recompute', async () => {
  await write({ reason: 'It leans.', before: { at: [1, 2.5] }, after: null })

  const [entry] = await listAudit(world.platform.db, { projectId: 'default', limit: 10 })

  const text =
    '{"action":"shelves.move","actor":"ana","after":null,' +
    `"at":"${entry!.at.toISOString()}","before":{"at":[1,2.5]},"position":1,` +
    '"projectId":"default","reason":"It leans.","subject":"oak"}'
  expect(entry!.previousHash).toBe('0'.repeat(64))
  expect(entry!.hash).toBe(createHash('sha256').update('0'.repeat(64)).update(text).digest('hex'))
  expect(await verdict()).toMatchObject({ intact: true, entryCount: 1, headHash: entry!.hash })
})

it('leaves no gap and no fork when many write at once, and nothing after a rollback', async () => {
  const { db } = world.platform
  const broken = db.transaction().execute(async (tx) => {
    await audit(tx, record)
    throw new Error('Changed my mind.')
  })
  await Promise.all([
    expect(broken).rejects.toThrow('Changed my mind.'),
    ...Array.from({ length: 30 }, (_, index) => write({ subject: `shelf ${index}` })),
  ])

  expect(await verdict()).toMatchObject({ intact: true, entryCount: 30 })
})

it('lists the newest first, filtered, page by page', async () => {
  await write({ subject: 'elm' })
  await write({ actor: 'ben' })
  await write({ action: 'shelves.paint' })
  const list = (filter: object) => listAudit(world.platform.db, { projectId: 'default', limit: 10, ...filter })
  const positions = async (filter: object) => (await list(filter)).map(({ position }) => position)

  expect(await positions({})).toEqual([3, 2, 1])
  expect(await positions({ beforePosition: 3, limit: 1 })).toEqual([2])
  expect(await positions({ actor: 'ben' })).toEqual([2])
  expect(await positions({ action: 'shelves.paint' })).toEqual([3])
  expect(await positions({ subject: 'elm' })).toEqual([1])
  expect(await positions({ projectId: 'other' })).toEqual([])
  expect(await positions({ until: new Date(0) })).toEqual([])
})

it.each([
  { what: 'a changed entry', tamper: `update platform.audit_entry set actor = 'eve' where position = 2`, position: 2 },
  {
    what: 'a changed value',
    tamper: `update platform.audit_entry set after = '{"x":1}' where position = 3`,
    position: 3,
  },
  { what: 'a missing entry', tamper: `delete from platform.audit_entry where position = 2`, position: 3 },
  { what: 'a missing first entry', tamper: `delete from platform.audit_entry where position = 1`, position: 2 },
])('finds $what', async ({ tamper, position }) => {
  for (let count = 0; count < 4; count++) await write({ after: { x: 0 } })

  await sql.raw(tamper).execute(world.platform.db)

  expect(await verdict()).toMatchObject({ intact: false, problem: { position, says: expect.any(String) } })
})

it('finds a chain that was cut or written anew, when only the database was changed', async () => {
  for (let count = 0; count < 3; count++) await write()
  await world.platform.audit.checkpoint()
  expect(await verdict()).toMatchObject({ intact: true, checkpointCount: 1 })

  await sql`delete from platform.audit_checkpoint`.execute(world.platform.db)
  await sql`delete from platform.audit_entry where position = 3`.execute(world.platform.db)
  expect(await verdict()).toMatchObject({ intact: false, problem: { position: 3 } })

  await write({ actor: 'eve' })
  expect(await verdict()).toMatchObject({
    intact: false,
    problem: { position: 3, says: expect.stringContaining('signed') },
  })
})

it('finds a checkpoint that was not signed with our key', async () => {
  await write()
  await world.platform.audit.checkpoint()
  const file = join(world.folder, 'audit-checkpoints.jsonl')
  const line = await readFile(file, 'utf8')

  await writeFile(file, line.replace(/"signature":"..../, '"signature":"AAAA'))

  expect(await verdict()).toMatchObject({ intact: false, problem: { says: expect.stringContaining('signature') } })
})

it('signs at each hundred entries, and what is left when it stops', async () => {
  for (let count = 0; count < 99; count++) await write()
  await world.runJob('platform.audit_checkpoint')
  expect(await verdict()).toMatchObject({ checkpointCount: 0 })

  await write()
  await world.runJob('platform.audit_checkpoint')
  await world.runJob('platform.audit_checkpoint')
  expect(await verdict()).toMatchObject({ intact: true, checkpointCount: 1 })

  await write()
  await world.platform.audit.checkpoint()
  expect(await verdict()).toMatchObject({ intact: true, entryCount: 101, checkpointCount: 2 })
})

it('keeps the key to itself', async () => {
  const { mode } = await stat(join(world.folder, 'keys/audit.pem'))

  expect(mode & 0o777).toBe(0o600)
})
