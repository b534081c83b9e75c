import { createClient } from '@evenkeel/client'
import { artifacts } from '@evenkeel/contract'
import { createHash, randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorld, type World } from '../../testing.ts'
import { createFiles } from './files.ts'
import { createUploads } from './uploads.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.stop())

const client = () => createClient(artifacts, world.clientOptions())
const put = (path: string, text = path) => client().putFile({ file: Buffer.from(text), query: { path } })
const names = async (folder: string) => {
  const { items } = await client().listFiles({ query: { folder, limit: 500 } })
  return items.map(({ name, isFolder }) => (isFolder ? `${name}/` : name))
}
const project = { projectId: 'default' }
const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

describe('files under names', () => {
  it('keeps a file, replaces it, and forgets it alone', async () => {
    const first = await put('one/a.txt', 'first')
    expect(first).toEqual({ path: 'one/a.txt', digest: digestOf(Buffer.from('first')), sizeBytes: 5 })
    await put('one/a.txt', 'second')
    await put('one/b.txt')

    const read = await client().readFile({ query: { path: 'one/a.txt' } })
    expect(Buffer.from(await read.bytes()).toString()).toBe('second')
    expect(read.mediaType).toBe('text/plain')

    expect(await client().deleteFiles({ query: { path: 'one/a.txt' } })).toEqual({ deleted: 1 })
    expect(await names('one')).toEqual(['b.txt'])
    await expect(client().readFile({ query: { path: 'one/a.txt' } })).rejects.toMatchObject({
      code: 'artifacts.file_not_found',
    })
  })

  it('lists the direct children of a folder, in the order of bytes, and nothing for a file or nothing', async () => {
    const paths = ['a', 'b-c', 'b.c', 'b/x/1', 'b/x/2', 'b/y', 'b0', '50 % 🛫/ü/1', 'B', 'z z/\u{10ffff}/1', '🛫']
    for (const path of paths) await put(`list/${path}`)

    expect(await names('list')).toEqual(['50 % 🛫/', 'B', 'a', 'b-c', 'b.c', 'b/', 'b0', 'z z/', '🛫'])
    expect(await names('list/b')).toEqual(['x/', 'y'])
    expect(await names('list/50 % 🛫')).toEqual(['ü/'])
    expect(await names('list/50 % 🛫/ü')).toEqual(['1'])
    expect(await names('list/z z')).toEqual(['\u{10ffff}/'])
    expect(await names('list/a')).toEqual([])
    expect(await names('list/none')).toEqual([])
    expect(await names('')).toContain('list/')
  })

  it('gives a long listing in pages, each child once', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => ({
      project_id: 'default',
      path: i % 3 === 0 ? `long/f${i}/deep/${i}` : i % 3 === 1 ? `long/f${i}/deep/er` : `long/f${i}`,
      digest: digestOf(Buffer.from(String(i))),
      size_bytes: i,
      stored_at: new Date(),
    }))
    await world.platform.db.insertInto('artifacts.file').values(rows).execute()

    const seen: string[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await client().listFiles({ query: { folder: 'long', limit: 499, ...(cursor && { cursor }) } })
      seen.push(...page.items.map(({ name }) => name))
      cursor = page.nextCursor
    }

    expect(seen.length).toBe(3000)
    expect(new Set(seen)).toEqual(new Set(rows.map(({ path }) => path.split('/')[1])))
  })

  it('deletes a folder with all that lies in it, and nothing beside it', async () => {
    for (const path of ['tree/a/1', 'tree/a/b/2', 'tree/a.txt', 'tree/a0']) await put(path)

    expect(await client().deleteFiles({ query: { path: 'tree/a/' } })).toEqual({ deleted: 2 })
    expect(await client().deleteFiles({ query: { path: 'tree/a' } })).toEqual({ deleted: 0 })
    expect(await names('tree')).toEqual(['a.txt', 'a0'])
    await expect(client().deleteFiles({ query: { path: '/' } })).rejects.toMatchObject({ code: 'artifacts.bad_path' })
  })

  it('keeps the files of projects apart', async () => {
    await put('apart/a')
    const files = createFiles({ ...world.platform, now: () => new Date() })
    expect(await files.listAll({ projectId: 'other' }, 'apart')).toEqual([])
    await files.delete({ projectId: 'other' }, 'apart')
    expect(await names('apart')).toEqual(['a'])
  })
})

describe('paths', () => {
  it('reads several spellings as one path', async () => {
    await put('./spelled//as%20you/like%2520it.txt')
    expect(await names('spelled/as you/')).toEqual(['like it.txt'])
    await put('spelled/100% sure', 'kept as it is')
    expect(await names('spelled')).toContain('100% sure')
  })

  it('refuses what is no name of a file, however it is escaped', async () => {
    const nested = (text: string) => Array.from({ length: 12 }).reduce<string>((path) => encodeURIComponent(path), text)
    const parents = ['..', '../a', 'a/../b', 'a/..', '%2e%2e/a', '%252e%252e%252fa']
    const absolute = ['/a', '//a', '%2Fetc/passwd', 'C:/a', 'c:\\a', 'file:///etc/passwd']
    const characters = ['a\\b', 'a#b', 'a%23b', 'a\u0001', 'a%0ab', 'a\u007f']
    const bad = [...parents, ...absolute, ...characters, 'a/', '/', '.', 'x'.repeat(1025), nested('%')]
    for (const path of bad) await expect(put(path)).rejects.toMatchObject({ code: 'artifacts.bad_path' })
    await expect(put('a\0b')).rejects.toMatchObject({ status: 400 })
    await expect(client().listFiles({ query: { folder: '../a' } })).rejects.toMatchObject({ status: 422 })
  })

  it('lets no path be a file and a folder at once', async () => {
    await put('clash/file')
    await put('clash/folder/below')

    await expect(put('clash/file/below')).rejects.toMatchObject({ status: 409, code: 'artifacts.path_clash' })
    await expect(put('clash/file/far/below')).rejects.toMatchObject({ code: 'artifacts.path_clash' })
    await expect(put('clash/folder')).rejects.toMatchObject({ code: 'artifacts.path_clash' })
    await put('clash/folder-beside')
    expect(await names('clash')).toEqual(['file', 'folder-beside', 'folder/'])
  })

  it('does not, either, when both come at the same moment', async () => {
    for (let round = 0; round < 20; round++) {
      const paths = [`race/${round}/a`, `race/${round}/a/b`, `race/${round}/a/b/c`, `race/${round}/a/d`]
      const outcomes = await Promise.allSettled(paths.map((path) => put(path, 'x')))
      const kept = paths.filter((_path, index) => outcomes[index]!.status === 'fulfilled')

      expect(kept.length).toBeGreaterThan(0)
      const clashing = kept.filter((path) => kept.some((other) => other.startsWith(`${path}/`)))
      expect(clashing).toEqual([])
      expect(await names(`race/${round}`)).toEqual([kept[0] === paths[0] ? 'a' : 'a/'])
    }
  })
})

describe('bytes', () => {
  it('keeps no name of an upload that breaks off', async () => {
    const url = new URL('/api/v1/files?path=broken/off', world.url)
    const headers = { 'content-type': 'application/octet-stream', 'content-length': '1000000' }
    const outgoing = httpRequest(url, { method: 'PUT', headers })
    const ended = new Promise((resolve) => outgoing.on('close', resolve))
    outgoing.on('error', () => {})
    outgoing.write(randomBytes(100_000))
    setTimeout(() => outgoing.destroy(), 100)
    await ended

    await put('broken/whole')
    expect(await names('broken')).toEqual(['whole'])
  })

  it('gives no upload a time limit', () => {
    expect(world.http.server.requestTimeout).toBe(0)
    expect(world.http.server.timeout).toBe(0)
  })
})

describe('files in parts', () => {
  const uploads = (now = () => new Date()) => createUploads({ ...world.platform, now })
  const stream = (bytes: Buffer) => Readable.from([bytes])
  const bytes = randomBytes(300_000)
  const part = (number: number) => stream(bytes.subarray((number - 1) * 100_000, number * 100_000))

  it('joins parts that came in any order, also when it is told twice', async () => {
    const id = await uploads().begin(project, 'parts/joined.bin', 3)
    await uploads().putPart(id, 3, stream(Buffer.from('replaced')))
    const digests = await Promise.all([3, 1, 2].map((number) => uploads().putPart(id, number, part(number))))
    const named = [1, 2, 3].map((number) => ({ number, digest: digests[[3, 1, 2].indexOf(number)] }))
    expect(await names('parts')).toEqual([])

    await uploads().complete(project, id, 'parts/joined.bin', named)
    await uploads().complete(project, id, 'parts/joined.bin', named)

    const read = await client().readFile({ query: { path: 'parts/joined.bin' } })
    expect(Buffer.from(await read.bytes()).equals(bytes)).toBe(true)
    await expect(uploads().putPart(id, 1, part(1))).rejects.toMatchObject({ code: 'artifacts.upload_not_found' })
  })

  it('names what is missing or another part, and stays open', async () => {
    const id = await uploads().begin(project, 'parts/holes.bin', 2)
    const digest = await uploads().putPart(id, 2, part(2))
    const complete = (...named: { number: number; digest?: string }[]) =>
      uploads().complete(project, id, 'parts/holes.bin', named)

    await expect(complete({ number: 1 }, { number: 2 })).rejects.toMatchObject({ why: 'Part 1 has not arrived.' })
    await expect(complete()).rejects.toMatchObject({ code: 'artifacts.bad_part' })
    await expect(complete({ number: 2, digest: 'other' })).rejects.toMatchObject({ code: 'artifacts.bad_part' })
    await expect(complete({ number: 2 }, { number: 2 })).rejects.toMatchObject({ code: 'artifacts.bad_part' })
    await expect(uploads().putPart(id, 3, part(3))).rejects.toMatchObject({ code: 'artifacts.bad_part' })
    await complete({ number: 2, digest })
    expect(await names('parts')).toContain('holes.bin')
  })

  it('belongs to its path and project, and ends by itself', async () => {
    const id = await uploads().begin(project, 'parts/own.bin', 1)
    await uploads().putPart(id, 1, part(1))
    const missing = { code: 'artifacts.upload_not_found' }
    await expect(uploads().abort({ projectId: 'other' }, id, 'parts/own.bin')).rejects.toMatchObject(missing)
    await expect(uploads().complete(project, id, 'parts/other.bin', [{ number: 1 }])).rejects.toMatchObject(missing)

    const inEightDays = () => new Date(Date.now() + 8 * 24 * 3_600_000)
    await expect(uploads(inEightDays).putPart(id, 1, part(1))).rejects.toMatchObject(missing)
    await uploads(inEightDays).expire()
    await expect(uploads().abort(project, id, 'parts/own.bin')).rejects.toMatchObject(missing)
  })
})
