import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeDocker } from './docker/fake.ts'
import type { Executor, Handle } from './executor.ts'
import { createExecutors } from './kinds.ts'
import { fakeKubernetes } from './kubernetes/fake.ts'
import { fakeRay } from './ray/fake.ts'
import { fakeSlurm } from './slurm/fake.ts'
import type { Target } from './targets.ts'
import { conformance, logOf, never, place, seenOf, shell } from './testing/conformance.ts'

const folder = await mkdtemp(join(tmpdir(), 'evenkeel-jobs-'))
const docker = await fakeDocker(folder, 409)
const oldDocker = await fakeDocker(folder, 400)
const slurm = await fakeSlurm(folder, 38)
const newSlurm = await fakeSlurm(folder, 42)
const ray = await fakeRay()
const kubernetes = await fakeKubernetes(folder)
afterAll(async () => {
  await Promise.all([docker, oldDocker, slurm, newSlurm, ray, kubernetes].map((fake) => fake.close()))
  await rm(folder, { recursive: true })
})

/** One after the other, as the lock of the database does it. */
let before: Promise<unknown> = Promise.resolve()
const exclusively = <T>(_: string, work: () => Promise<T>): Promise<T> => {
  const mine = before.then(work)
  before = mine.catch(() => undefined)
  return mine
}

/** An executor as a server makes it at its start. */
const executorFor = (name: string, target?: Target): Executor => {
  const needs = { folder: join(folder, name), place, exclusively }
  return createExecutors(needs, target && { there: target }).get(target ? 'there' : 'local')!
}

conformance('local', () => executorFor('local'), { concurrent: false })
conformance('docker, pretended', () => executorFor('docker', docker.target), { concurrent: true })
conformance('slurm, pretended', () => executorFor('slurm', slurm.target), { concurrent: true })
conformance('ray, pretended', () => executorFor('ray', ray.target), { concurrent: true })
conformance('kubernetes, pretended', () => executorFor('kubernetes', kubernetes.target), { concurrent: true })

describe('local', () => {
  const executor = executorFor('local')

  it('shows a job exactly what it was given', async () => {
    const handle = await executor.submit(shell('env | sort | cut -d= -f1'), 'alone')
    await executor.ended(handle, never)

    // A shell adds some by itself.
    const names = (await logOf(executor, handle)).split('\n')
    const own = names.filter((name) => !['', '_', 'OLDPWD', 'PWD', 'SHLVL'].includes(name))
    expect(own).toEqual(['EVENKEEL_EXTERNAL_ID', 'HOME_OF_JOB', 'PATH'])
  })

  it('says that a job is lost when its process is gone without an exit code', async () => {
    const handle = await executor.submit(shell('sleep 60'), 'vanishes')
    await seenOf(executor, handle, 'running')
    const pid = Number((await readFile(join(handle, 'control/pid'), 'utf8')).split(' ')[0])

    process.kill(-pid, 'SIGKILL')

    expect(await executor.ended(handle, never)).toEqual({ state: 'lost' })
  })

  it('ends a job that is told so the moment it has said who it is', async () => {
    const home = await mkdtemp(join(folder, 'told-'))
    await mkdir(join(home, 'control'))
    // Whoever reads a pipe has what the launcher wrote before the launcher goes on.
    await promisify(execFile)('mkfifo', [join(home, 'control/pid')])
    const launcher = join(import.meta.dirname, 'local/launcher.sh')
    const started = spawn('/bin/sh', [launcher, home, 'sleep', '3'], { detached: true, stdio: 'ignore' })
    const exit = once(started, 'exit')

    readFileSync(join(home, 'control/pid'))
    process.kill(-started.pid!, 'SIGTERM')
    await exit

    expect(JSON.parse(await readFile(join(home, 'control/exit.json'), 'utf8'))).toEqual({ exit_code: 143 })
  })

  it('does not take a later process with the same number for the job', async () => {
    const handle = await executor.submit(shell('sleep 60'), 'reused')
    await seenOf(executor, handle, 'running')
    const file = join(handle, 'control/pid')
    const [pid, start, boot] = (await readFile(file, 'utf8')).trim().split(' ')

    await writeFile(file, `${pid} ${Number(start) - 1} ${boot}\n`)
    expect(await executor.observe(handle)).toEqual({ state: 'lost' })

    await writeFile(file, `${pid} ${start} ${boot}\n`)
    expect(await executor.observe(handle)).toEqual({ state: 'running' })
    await executor.cancel(handle, 'kill')
  })

  it.each([
    ['a link that leads out', 'ln -s ../../control x/out', '"out", which is a link that leads out of it'],
    ['a link to nowhere', 'ln -s gone x/dangling', '"dangling", which is a link that leads out of it, or nowhere'],
    ['a link to a folder', 'mkdir x/d; ln -s d x/e', '"e", which is a link to a folder'],
    ['a pipe', 'mkdir x/d; mkfifo x/d/p', '"d/p", which is no plain file but a pipe'],
    ['a name that is no text', `printf x > "x/$(printf '\\377')"`, 'whose name is not text'],
    ['a link in place of the folder', 'rmdir x; ln -s /etc x', 'not a plain file'],
  ])('refuses a folder with %s', async (_, script, says) => {
    const name = `folder-${Math.random()}`
    const handle = await executor.submit(shell(`cd "$HOME_OF_JOB/outputs"; mkdir x; ${script}`), name)
    await executor.ended(handle, never)

    await expect(executor.output(handle, 'x')).rejects.toThrow(says)
  })

  it('takes the middle out of a log that grows too long', async () => {
    const script = `echo head; truncate -s 9G "$HOME_OF_JOB/control/log"; echo; echo tail; sleep 1.5; echo later`
    const handle = await executor.submit(shell(script), 'verbose')
    await executor.ended(handle, never)

    const { from, to } = JSON.parse((await executor.read(handle, 'log.cut', 0, 1000)).toString())
    expect(from).toBeLessThanOrEqual(64 * 1024 ** 2)
    expect(to).toBeGreaterThan(8 * 1024 ** 3)
    expect((await executor.read(handle, 'log', 0, 5)).toString()).toBe('head\n')
    expect((await executor.read(handle, 'log', 9 * 1024 ** 3, 100)).toString()).toBe('\ntail\nlater\n')
    expect((await stat(join(handle, 'control/log'))).blocks * 512).toBeLessThan(300 * 1024 ** 2)
  })

  it('lets a job go on when the process that started it is killed, and adopts it', async () => {
    const starter = `
      import { createExecutors } from ${JSON.stringify(join(import.meta.dirname, 'kinds.ts'))}
      const executor = createExecutors({ folder: ${JSON.stringify(join(folder, 'local'))}, place: async () => {} }).get('local')
      const describe = () => ({ environment: { PATH: '/usr/bin:/bin' }, context: {} })
      const job = { command: ['/bin/sh', '-c', 'echo begun; sleep 0.7; exit 9'], workFolder: '/', inputs: [], code: null, describe }
      console.log(await executor.submit(job, 'orphan'))
      setInterval(() => {}, 1000)`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', starter], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    parent.kill('SIGKILL')
    await once(parent, 'exit')

    const handle = line.toString().trim() as Handle
    expect(await executor.submit(shell('exit 1', { code: null }), 'orphan')).toBe(handle)
    expect(await executor.ended(handle, never)).toMatchObject({ exitCode: 9 })
    expect(await logOf(executor, handle)).toBe('begun\n')
  })
})
