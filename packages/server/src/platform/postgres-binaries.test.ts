import { chmod, mkdir, mkdtemp, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { completePackage, requireEnterable } from './postgres-binaries.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'evenkeel-binaries-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

it('makes the links and the modes that an install script would have made', async () => {
  await mkdir(join(root, 'native/lib'), { recursive: true })
  await mkdir(join(root, 'native/bin'))
  for (const file of ['lib/libpq.so.5.18', 'bin/initdb', 'bin/postgres']) {
    await writeFile(join(root, 'native', file), '', { mode: 0o644 })
  }
  const links = ['native/lib/libpq.so.5', 'native/lib/libpq.so']
  const list = links.map((target) => ({ source: 'native/lib/libpq.so.5.18', target }))
  await writeFile(join(root, 'native/pg-symlinks.json'), JSON.stringify(list))

  await completePackage(root)
  await completePackage(root)

  for (const link of links) expect(await readlink(join(root, link))).toBe('libpq.so.5.18')
  expect((await stat(join(root, 'native/bin/postgres'))).mode & 0o777).toBe(0o755)
})

it('names the folder that the user of the database may not enter, and how to open it', async () => {
  const stranger = { uid: 54_321, gid: 54_321 }
  await mkdir(join(root, 'closed/data'), { recursive: true })
  await chmod(root, 0o755)
  await chmod(join(root, 'closed'), 0o700)

  await expect(requireEnterable(join(root, 'closed'), stranger)).resolves.toBeUndefined()
  await expect(requireEnterable(join(root, 'closed/data'), stranger)).rejects.toThrow(`chmod o+x ${root}/closed`)
})
