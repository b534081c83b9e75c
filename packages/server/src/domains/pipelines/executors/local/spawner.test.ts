import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { createSpawner } from './spawner.ts'

const folder = await mkdtemp(join(tmpdir(), 'evenkeel-spawner-'))
afterAll(() => rm(folder, { recursive: true }))

const { spawn } = createSpawner()
const shell = (script: string, log: string) =>
  spawn({
    program: '/bin/sh',
    args: ['-c', script],
    cwd: folder,
    environment: { PATH: '/usr/bin:/bin', GREETING: 'good morning' },
    log: join(folder, log),
  })
const printed = async (log: string, lineCount = 1) => {
  const path = join(folder, log)
  return vi.waitUntil(
    async () => {
      const text = (await readFile(path, 'utf8').catch(() => '')).trim()
      return text.split('\n').length >= lineCount && text
    },
    { timeout: 30_000 },
  )
}

it('starts a process in its folder, with its environment alone', async () => {
  await shell('echo "$GREETING in $(pwd)"; env | grep -c .', 'alone')

  // Beside the two, a shell adds PWD, and the system OLDPWD or _ to what it starts.
  expect(await printed('alone', 2)).toMatch(new RegExp(`^good morning in ${folder}\\n[2-5]$`))
})

it('says why a process cannot be started', async () => {
  const missing = spawn({ program: '/no/such/program', args: [], cwd: folder, environment: {}, log: join(folder, 'x') })

  await expect(missing).rejects.toThrow('ENOENT')
})

it('tells when a process has ended, and when nobody can tell any more', async () => {
  const quick = await shell('sleep 0.3; echo over', 'quick')
  await quick.gone
  expect(await readFile(join(folder, 'quick'), 'utf8')).toBe('over\n')

  const slow = await shell('echo $PPID; sleep 5', 'slow')
  process.kill(Number(await printed('slow')), 'SIGKILL')
  await slow.gone
})

it('goes on when the process that starts others is killed, and so does what it has started', async () => {
  await shell('echo $PPID; sleep 0.5; echo still here', 'first')
  const starter = Number(await printed('first'))

  process.kill(starter, 'SIGKILL')
  await vi.waitUntil(
    () =>
      shell('echo $PPID', 'second').then(
        () => true,
        () => false,
      ),
    { timeout: 30_000 },
  )

  expect(Number(await printed('second'))).not.toBe(starter)
  await vi.waitUntil(async () => (await printed('first')).endsWith('still here'), { timeout: 30_000 })
})
