import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as yieldTurn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Db, openDatabase } from '../../platform/db.ts'
import { createDatabase } from '../../testing.ts'
import { digestOf, openShelf, silently, soon } from './testing.ts'

const folder = await mkdtemp(join(tmpdir(), 'evenkeel-gc-'))
let database: Awaited<ReturnType<typeof createDatabase>>
let db: Db
beforeAll(async () => {
  database = await createDatabase()
  db = await openDatabase(database.url)
})
afterAll(async () => {
  await db.destroy()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

const contents = Array.from({ length: 25 }, (_, at) => `content ${at} `.repeat(50 + at))
const collections = 12

it('never deletes what somebody needs, whatever writers, readers and it do at the same time', async () => {
  const url = pathToFileURL(join(folder, 'blobs')).href
  // Two servers on one store, and a third that collects.
  const servers = [await openShelf(db, url, folder), await openShelf(db, url, folder)]
  const { collect, named, stored } = await openShelf(db, url, folder)
  const random = randomFrom(20_261_122)
  const oneOf = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!

  // The shortest grace that keeps its promise: whoever is between storing and naming began before `since`.
  const began = new Set<{ readonly at: number }>()
  const oldest = () => new Date(Math.min(Date.now(), ...[...began].map(({ at }) => at)))
  let over = false
  let [number, freed, reads] = [0, 0, 0]

  async function store({ blobs, name }: (typeof servers)[number]): Promise<void> {
    const text = oneOf(contents)
    const mine = { at: Date.now() }
    began.add(mine)
    const isThere = random() < 0.5 && (await blobs.claim([digestOf(text)])).length === 0
    const { digest } = isThere ? { digest: digestOf(text) } : await blobs.put(Buffer.from(text))
    for (let turns = Math.floor(random() * 20); turns > 0; turns--) await yieldTurn()
    await name(`f${++number}`, digest)
    began.delete(mine)
  }

  /** Reads a name and writes another in one transaction, which need claim nothing. */
  async function copy(): Promise<void> {
    await db.transaction().execute(async (tx) => {
      const row = await tx.selectFrom('artifacts.file').selectAll().orderBy('path').executeTakeFirst()
      for (let turns = Math.floor(random() * 20); turns > 0; turns--) await yieldTurn()
      if (row)
        await tx
          .insertInto('artifacts.file')
          .values({ ...row, path: `f${++number}` })
          .execute()
    })
  }

  /** A name that goes away while it is read may take its content along. */
  async function read({ blobs }: (typeof servers)[number]): Promise<void> {
    for (const [path, digest] of await named()) {
      const bytes = await blobs.bytes(digest).catch(() => undefined)
      const isRight = bytes !== undefined && digestOf(bytes.toString()) === digest
      if (!isRight && (await named()).has(path)) throw new Error(`${path} has lost its content`)
      reads += 1
    }
  }

  const forget = async ({ forget: drop }: (typeof servers)[number]) => {
    const paths = [...(await named()).keys()]
    for (const path of paths.slice(0, Math.max(1, paths.length - 8))) await drop(path)
  }

  const forever = async (work: () => Promise<void>) => {
    while (!over) await work()
  }
  const others = [
    ...servers.flatMap((server) => [
      forever(() => store(server)),
      forever(() => store(server)),
      forever(() => read(server)),
    ]),
    forever(copy),
    forever(() => forget(oneOf(servers))),
  ]
  const all = Promise.all(others)
  try {
    for (let round = 0; round < collections; round++) {
      const counts = await Promise.race([collect({ dryRun: false, since: oldest(), report: silently }), all])
      freed += (counts as { freed: { blobs: number } }).freed.blobs
    }
  } finally {
    over = true
    await all
  }

  expect(freed).toBeGreaterThan(0)
  expect(reads).toBeGreaterThan(0)
  const needed = new Set((await named()).values())
  expect([...needed.difference(await stored())]).toEqual([])
  await collect({ dryRun: false, since: soon(), report: silently })
  expect(await stored()).toEqual(needed)
}, 120_000)

/** Mulberry32: the same choices every time; what overlaps with what is up to the machine. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
