import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Handle, JobSpec, Observation } from './executor.ts'
import { createExecutors } from './kinds.ts'
import { processesOf } from './local/processes.ts'

const folder = await mkdtemp(join(tmpdir(), 'evenkeel-jobs-'))
afterAll(() => rm(folder, { recursive: true }))

/** Content by its "digest", which here is the text itself. */
const place = async (digest: string, target: string) => {
  if (digest === 'absent') throw new Error('There is no such content.')
  await writeFile(target, digest, { flag: 'wx', mode: 0o444 })
}

const shell = (script: string, more: Partial<JobSpec> = {}): JobSpec => ({
  command: ['/bin/sh', '-c', script],
  workFolder: folder,
  inputs: [],
  code: null,
  describe: (home) => ({ environment: { PATH: '/usr/bin:/bin', HOME_OF_JOB: home }, context: { home } }),
  ...more,
})

describe.each(createExecutors({ folder: join(folder, 'attempts'), place }))('$kind', (executor) => {
  const never = new AbortController().signal
  const run = async (job: JobSpec, externalId: string) => {
    const handle = await executor.submit(job, externalId)
    return { handle, end: await executor.ended(handle, never) }
  }
  const log = async (handle: Handle, offset = 0) => (await executor.read(handle, 'log', offset, 1e6)).toString()
  /** Waits until the job is in one of these states, and returns what was seen. */
  const seen = (handle: Handle, ...states: Observation['state'][]) =>
    vi.waitUntil(
      async () => {
        const observation = await executor.observe(handle)
        return states.includes(observation.state) && observation
      },
      { timeout: 10_000 },
    )
  const written = (handle: Handle, text: string) =>
    vi.waitUntil(async () => (await log(handle)).includes(text), { timeout: 10_000 })

  it.each([0, 1, 75, 78])('reports the exit code %i, and when it came', async (exitCode) => {
    const { handle, end } = await run(shell(`exit ${exitCode}`), `exits-${exitCode}`)

    expect(end).toEqual({ state: 'ended', exitCode, endedAt: expect.any(Date) })
    expect(await executor.observe(handle)).toEqual(end)
  })

  it('tells when a job last touched its heartbeat file, and nothing where it never did', async () => {
    const beats = await executor.submit(
      shell('touch "$HOME_OF_JOB/control/heartbeat"; echo touched; sleep 30'),
      'has-a-heartbeat',
    )
    await written(beats, 'touched')
    const seenNow = await executor.observe(beats)
    const silent = await executor.submit(shell('sleep 30'), 'has-none')

    expect(seenNow).toEqual({ state: 'running', heartbeatAt: expect.any(Date) })
    expect(await seen(silent, 'running')).toEqual({ state: 'running' })
    for (const handle of [beats, silent]) {
      await executor.cancel(handle, 'kill')
      await executor.cleanup(handle)
    }
  })

  it('starts one job per external id, however often and at whatever moment it is asked', async () => {
    const job = shell('echo once; sleep 0.2; exit 4')
    const handles = await Promise.all([1, 2, 3].map(() => executor.submit(job, 'once')))
    const late = await executor.submit(job, 'once')

    expect(new Set([...handles, late]).size).toBe(1)
    expect(await executor.ended(late, never)).toMatchObject({ exitCode: 4 })
    expect(await log(late)).toBe('once\n')
  })

  it('shows a job its own environment and nothing of the server', async () => {
    const { handle } = await run(shell('env | sort | cut -d= -f1'), 'alone')

    // A shell adds some by itself.
    const own = (await log(handle)).split('\n').filter((name) => !['', '_', 'OLDPWD', 'PWD', 'SHLVL'].includes(name))
    expect(own).toEqual(['EVENKEEL_EXTERNAL_ID', 'HOME_OF_JOB', 'PATH'])
  })

  it('places inputs and the context before the job starts, and nobody can write to an input', async () => {
    const job = shell('cat "$HOME_OF_JOB/inputs/a/0.parquet" "$HOME_OF_JOB/control/context.json"', {
      inputs: [{ path: 'a/0.parquet', digest: 'rows ' }],
    })
    const { handle } = await run(job, 'inputs')

    expect((await log(handle)).replace(/\s+/g, ' ')).toBe(`rows { "home": "${handle}" }`)
  })

  it('leaves nothing behind when an input cannot be placed, and starts when it can', async () => {
    const broken = shell('true', {
      inputs: [
        { path: 'a', digest: 'fine' },
        { path: 'b', digest: 'absent' },
      ],
    })

    await expect(executor.submit(broken, 'broken')).rejects.toThrow('no such content')
    expect((await run(shell('exit 6'), 'broken')).end).toMatchObject({ exitCode: 6 })
  })

  it('notices the end within a moment', async () => {
    const handle = await executor.submit(shell('sleep 0.3'), 'prompt')

    const end = await executor.ended(handle, never)

    expect(end.state === 'ended' && Date.now() - end.endedAt.getTime()).toBeLessThan(1000)
  })

  it('stops waiting when asked, and leaves the job alone', async () => {
    const handle = await executor.submit(shell('sleep 0.5; exit 3'), 'unwatched')
    const leaving = new AbortController()
    const waiting = executor.ended(handle, leaving.signal)

    leaving.abort(new Error('enough'))

    await expect(waiting).rejects.toThrow('enough')
    expect(await executor.ended(handle, never)).toMatchObject({ exitCode: 3 })
  })

  it('lets a job tidy up when it is told to end, and may be asked again after', async () => {
    const handle = await executor.submit(shell('trap "echo tidy; exit 0" TERM; echo up; sleep 60 & wait'), 'tidies')
    await written(handle, 'up')

    await executor.cancel(handle, 'term')

    expect(await executor.ended(handle, never)).toMatchObject({ exitCode: 0 })
    expect(await log(handle)).toContain('tidy')
    await expect(executor.cancel(handle, 'kill')).resolves.toBeUndefined()
  })

  it('ends a job that is told so before it has begun', async () => {
    const handle = await executor.submit(shell('sleep 60'), 'early')

    await executor.cancel(handle, 'term')

    expect(await executor.ended(handle, never)).toMatchObject({ exitCode: 143 })
  })

  it('kills a job that does not listen, with its children and those that left the group', async () => {
    const script = 'trap "" TERM; setsid sleep 61 & sleep 62 & echo $! up; while :; do sleep 0.05; done'
    const handle = await executor.submit(shell(script), 'stubborn')
    await written(handle, 'up')

    await executor.cancel(handle, 'term')
    await delay(200)
    expect(await executor.observe(handle)).toEqual({ state: 'running' })
    await executor.cancel(handle, 'kill')

    expect(await seen(handle, 'ended', 'lost')).toBeDefined()
    await vi.waitUntil(async () => (await survivors('stubborn')) === 0, { timeout: 5000 })
  })

  it('says that a job is lost when its process is gone without an exit code', async () => {
    const handle = await executor.submit(shell('sleep 60'), 'vanishes')
    await seen(handle, 'running')
    const pid = Number((await readFile(join(handle, 'control/pid'), 'utf8')).split(' ')[0])

    process.kill(-pid, 'SIGKILL')

    expect(await executor.ended(handle, never)).toEqual({ state: 'lost' })
  })

  it('does not take a later process with the same number for the job', async () => {
    const handle = await executor.submit(shell('sleep 60'), 'reused')
    await seen(handle, 'running')
    const file = join(handle, 'control/pid')
    const [pid, start, boot] = (await readFile(file, 'utf8')).trim().split(' ')

    await writeFile(file, `${pid} ${Number(start) - 1} ${boot}\n`)
    expect(await executor.observe(handle)).toEqual({ state: 'lost' })

    await writeFile(file, `${pid} ${start} ${boot}\n`)
    expect(await executor.observe(handle)).toEqual({ state: 'running' })
    await executor.cancel(handle, 'kill')
  })

  it('says so when it has never heard of a job', async () => {
    const nobody = join(folder, 'nobody') as Handle

    expect(await executor.observe(nobody)).toEqual({ state: 'unknown' })
    expect(await executor.ended(nobody, never)).toEqual({ state: 'unknown' })
    await expect(executor.cancel(nobody, 'kill')).resolves.toBeUndefined()
    expect(await log(nobody)).toBe('')
  })

  it('keeps a long log whole and in order, readable from any byte', async () => {
    const { handle } = await run(
      shell('i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo error >&2'),
      'talks',
    )

    const text = await log(handle)
    const lines = text.trimEnd().split('\n')

    expect(lines).toHaveLength(20_001)
    expect(lines.slice(0, -1).every((line, i) => line === `line ${i}`)).toBe(true)
    expect(lines.at(-1)).toBe('error')
    expect(await log(handle, text.length - 6)).toBe('error\n')
  })

  it('gives back what the job left, and refuses what is no plain file', async () => {
    const script = 'cd "$HOME_OF_JOB/outputs"; echo hello > good; : > empty; ln -s /etc/passwd link'
    const { handle } = await run(shell(script), 'leaves')

    const good = await executor.output(handle, 'good')
    if (good?.kind !== 'file') throw new Error('It is no file.')
    expect(good.sizeBytes).toBe(6)
    expect(Buffer.concat(await good.open().toArray()).toString()).toBe('hello\n')
    expect(await executor.output(handle, 'empty')).toMatchObject({ kind: 'file', sizeBytes: 0 })
    expect(await executor.output(handle, 'nothing')).toBeUndefined()
    await expect(executor.output(handle, 'link')).rejects.toThrow('not a plain file')
  })

  it('gives back a folder, with a link within it as a copy', async () => {
    const script = `mkdir -p "$HOME_OF_JOB/outputs/f/deep/er"; cd "$HOME_OF_JOB/outputs/f"
      echo one > deep/er/a; echo 'echo hi' > run.sh; chmod +x run.sh; ln -s deep/er/a again`
    const { handle } = await run(shell(script), 'folder')

    const found = await executor.output(handle, 'f')
    if (found?.kind !== 'folder') throw new Error('It is no folder.')
    const files = await Promise.all(
      found.files.map(async ({ path, executable, open }) => ({
        path,
        executable,
        text: Buffer.concat(await open().toArray()).toString(),
      })),
    )
    expect(files.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: 'again', executable: false, text: 'one\n' },
      { path: 'deep/er/a', executable: false, text: 'one\n' },
      { path: 'run.sh', executable: true, text: 'echo hi\n' },
    ])
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
    const { handle } = await run(shell(`cd "$HOME_OF_JOB/outputs"; mkdir x; ${script}`), name)

    await expect(executor.output(handle, 'x')).rejects.toThrow(says)
  })

  it('hands secrets to the command and to nobody else', async () => {
    const value = `it's UNSEEN "$(exit 9)" \\ \n two lines`
    const script = `printf '%s|%s' "$control" "$start"; ls "$HOME_OF_JOB/control"; tr '\\0' ' ' < /proc/$PPID/cmdline
      tr '\\0' '\\n' < /proc/$PPID/environ | grep -c UNSEE[N]; exit 3`
    const { handle, end } = await run(shell(script, { secrets: { control: value, start: 'two' } }), 'secret')

    const text = await log(handle)
    expect(end).toMatchObject({ exitCode: 3 })
    expect(text.startsWith(`${value}|two`)).toBe(true)
    const rest = text.slice(value.length)
    expect(rest).not.toContain('UNSEEN')
    expect(rest).not.toContain('secrets')
    expect(rest.trimEnd().endsWith(' 0')).toBe(true)
  })

  it('takes the middle out of a log that grows too long', async () => {
    const script = `echo head; truncate -s 9G "$HOME_OF_JOB/control/log"; echo; echo tail; sleep 1.5; echo later`
    const { handle } = await run(shell(script), 'verbose')

    const { from, to } = JSON.parse((await executor.read(handle, 'log.cut', 0, 1000)).toString())
    expect(from).toBeLessThanOrEqual(64 * 1024 ** 2)
    expect(to).toBeGreaterThan(8 * 1024 ** 3)
    expect((await executor.read(handle, 'log', 0, 5)).toString()).toBe('head\n')
    expect((await executor.read(handle, 'log', 9 * 1024 ** 3, 100)).toString()).toBe('\ntail\nlater\n')
    expect((await stat(join(handle, 'control/log'))).blocks * 512).toBeLessThan(300 * 1024 ** 2)
  })

  it('lists the living, and cleans up after the dead without losing the log', async () => {
    const living = await executor.submit(shell('echo alive; sleep 60'), 'living')
    await seen(living, 'running')
    const { handle } = await run(
      shell('echo done; sleep 63 & exit 0', { inputs: [{ path: 'x', digest: 'x' }] }),
      'dead',
    )

    expect((await executor.list()).map(({ externalId }) => externalId)).toEqual(['living'])
    await executor.cleanup(handle)

    expect(await survivors('dead')).toBe(0)
    expect(await log(handle)).toBe('done\n')
    await expect(readFile(join(handle, 'inputs/x'))).rejects.toThrow('ENOENT')
    await executor.cancel(living, 'kill')
  })

  it('lets a job go on when the process that started it is killed, and adopts it', async () => {
    const starter = `
      import { createExecutors } from ${JSON.stringify(join(import.meta.dirname, 'kinds.ts'))}
      const [executor] = createExecutors({ folder: ${JSON.stringify(join(folder, 'attempts'))}, place: async () => {} })
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
    expect(await executor.submit(shell('exit 1'), 'orphan')).toBe(handle)
    expect(await executor.ended(handle, never)).toMatchObject({ exitCode: 9 })
    expect(await log(handle)).toBe('begun\n')
  })
})

/** How many processes carry this external id. */
const survivors = async (externalId: string) => (await processesOf(externalId)).length
