import { execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readTar } from './read-tar.ts'
import { makeFolder } from './testing.ts'

const deep = `${'long-folder/'.repeat(20)}größe ☃`

async function archive(format: string): Promise<string> {
  const folder = await makeFolder()
  await mkdir(join(folder, 'a', deep, '..'), { recursive: true })
  await writeFile(join(folder, 'a', deep), 'cold')
  await writeFile(join(folder, 'a/big'), Buffer.alloc(300_000, 'x'))
  await writeFile(join(folder, 'a/empty'), '')
  // Only files: what belongs to folders is made on the way.
  execFileSync('tar', ['-cf', 'a.tar', `--format=${format}`, 'a/big', `a/${deep}`, 'a/empty'], { cwd: folder })
  return join(folder, 'a.tar')
}

async function lengthOf(content: AsyncIterable<Buffer>): Promise<number> {
  let length = 0
  for await (const chunk of content) length += chunk.length
  return length
}

it('reads what tar writes, in pieces of any size', async () => {
  const path = await archive('pax')

  for (const highWaterMark of [7, 512, 1024 ** 2]) {
    const seen: [string, number][] = []
    for await (const { name, content } of readTar(createReadStream(path, { highWaterMark }))) {
      seen.push([name, await lengthOf(content)])
    }
    expect(seen).toEqual([
      ['a/big', 300_000],
      [`a/${deep}`, 4],
      ['a/empty', 0],
    ])
  }
})

it('skips what nobody reads', async () => {
  const names: string[] = []
  for await (const { name } of readTar(createReadStream(await archive('pax')))) names.push(name)

  expect(names).toEqual(['a/big', `a/${deep}`, 'a/empty'])
})

const readAll = async (source: AsyncIterable<Uint8Array>) => {
  for await (const { content } of readTar(source)) for await (const _ of content);
}

it('says that an archive is cut short', async () => {
  const path = await archive('pax')

  await expect(readAll(createReadStream(path, { end: 200_000 }))).rejects.toThrow('cut short')
  await expect(readAll(createReadStream(path, { end: 511 }))).rejects.toThrow('cut short')
})

it.each([
  [['--transform=s,x,../x,', '-P'], 'may lie outside'],
  [['--transform=s,x,/etc/x,', '-P'], 'may lie outside'],
  [['--transform=s,x,a//x,'], 'may lie outside'],
  [['--transform=s,x,c:x,'], 'may lie outside'],
  [['--transform=s,x,a\\\\b,'], 'may lie outside'],
])('refuses names that leave the folder: %s', async (options, says) => {
  const folder = await makeFolder()
  await writeFile(join(folder, 'x'), 'x')
  execFileSync('tar', ['-cf', 'a.tar', ...options, 'x'], { cwd: folder, stdio: 'pipe' })

  await expect(readAll(createReadStream(join(folder, 'a.tar')))).rejects.toThrow(says)
})

it('refuses links, and what is no archive', async () => {
  const folder = await makeFolder()
  execFileSync('ln', ['-s', '/etc/passwd', 'link'], { cwd: folder })
  execFileSync('tar', ['-cf', 'a.tar', 'link'], { cwd: folder })
  await writeFile(join(folder, 'b.tar'), Buffer.alloc(2048, 'not a tar '))

  await expect(readAll(createReadStream(join(folder, 'a.tar')))).rejects.toThrow('no regular file')
  await expect(readAll(createReadStream(join(folder, 'b.tar')))).rejects.toThrow('no ustar archive')
})
