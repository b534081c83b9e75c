import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { evenkeel, type Fixture, makeFolder, startFixture } from '../testing.ts'

vi.setConfig({ testTimeout: 30_000 })

const program = fileURLToPath(new URL('../../bin/evenkeel.js', import.meta.url))
const secret = { name: 'DB', version: 'v1', updatedBy: 'ana', updatedAt: '2026-03-02T00:00:00.000Z' }

let folder: string
let fixture: Fixture
beforeEach(async () => {
  folder = await makeFolder()
  fixture = await startFixture({
    'secrets.put': () => secret,
    'secrets.list': () => ({ items: [secret] }),
    'secrets.remove': () => secret,
  })
})
afterEach(() => fixture.stop())

const target = () => ['--url', fixture.url, '--folder', folder]

/** A process of its own, because what it reads is its stdin. */
const set = (input: string) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [program, 'secret', 'set', 'DB', ...target()], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
    child.stdin!.end(input)
  })

it('takes a value from stdin, and says nothing of it', async () => {
  const { code, stdout, stderr } = await set('correct horse\nbattery\n')

  expect(code).toBe(0)
  expect(fixture.asked.at(-1)).toMatchObject({ params: { secret: 'DB' }, body: { value: 'correct horse\nbattery' } })
  expect(stdout).toContain('secret DB is set')
  expect(stdout + stderr).not.toContain('horse')
  expect(stderr).toBe('')
})

it('says that a short one cannot be masked, and that an empty one is none', async () => {
  expect((await set('short')).stderr).toContain('cannot be masked')
  expect((await set('\n')).code).toBe(2)
  expect(fixture.asked).toHaveLength(1)
})

it('takes no value on the command line, where others can read it', async () => {
  expect((await evenkeel('secret', 'set', 'DB', 'value', ...target())).code).toBe(2)
  expect(fixture.asked).toEqual([])
})

it('lists names and deletes', async () => {
  expect((await evenkeel('secret', 'list', ...target())).stdout).toBe(
    'secret  set               by\nDB      2026-03-02 00:00  ana\n',
  )
  expect((await evenkeel('secret', 'delete', 'DB', ...target())).code).toBe(0)
})
