import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Executor, Handle, JobSpec, Observation } from '../executor.ts'
import { processesOf } from '../local/processes.ts'

/** Content by its "digest", which here is the text itself. */
export const place = async (digest: string, target: string): Promise<void> => {
  if (digest === 'absent') throw new Error('There is no such content.')
  await writeFile(target, digest, { flag: 'wx', mode: 0o444 })
}

/** A job that is a line of shell. */
export const shell = (script: string, more: Partial<JobSpec> = {}): JobSpec => ({
  command: ['/bin/sh', '-c', script],
  workFolder: '/',
  inputs: [],
  code: [],
  describe: (home) => ({ environment: { PATH: '/usr/bin:/bin', HOME_OF_JOB: home }, context: { home } }),
  ...more,
})

export const never = new AbortController().signal

export const logOf = async (executor: Executor, handle: Handle, offset = 0): Promise<string> =>
  (await executor.read(handle, 'log', offset, 4e6)).toString()

/** Waits until the job is in one of these states, and returns what was seen. */
export const seenOf = (executor: Executor, handle: Handle, ...states: Observation['state'][]) =>
  vi.waitUntil(
    async () => {
      const observation = await executor.observe(handle)
      return states.includes(observation.state) && observation
    },
    { timeout: 30_000, interval: 100 },
  )

async function contentOf(executor: Executor, handle: Handle, name: string): Promise<string> {
  const found = await executor.output(handle, name)
  if (found?.kind !== 'file') throw new Error(`"${name}" is no file.`)
  return Buffer.concat(await found.open().toArray()).toString()
}

/** How many processes carry this external id. */
const survivors = async (externalId: string) => (await processesOf(externalId)).length

/** What a server that is started anew sees of the same place. */
type Make = () => Executor | Promise<Executor>

/** What every executor promises, whatever it runs on. `concurrent`: there is room for many jobs at once. */
export function conformance(name: string, make: Make, { concurrent }: { readonly concurrent: boolean }): void {
  describe(`${name}`, { concurrent }, () => {
    let executor: Executor
    /** Real platforms remember the names of earlier times. */
    const suite = randomUUID().slice(0, 8)
    const called = (word: string) => `t-${suite}-${word}`
    beforeAll(async () => {
      executor = await make()
    })
    afterAll(async () => {
      // A test that failed half-way leaves nothing behind.
      const ours = (await executor.list()).filter(({ externalId }) => externalId.startsWith(called('')))
      for (const { handle } of ours) await executor.cleanup(handle)
    })

    const submit = (job: JobSpec, word: string) => executor.submit(job, called(word))
    const run = async (job: JobSpec, word: string) => {
      const handle = await submit(job, word)
      return { handle, end: await executor.ended(handle, never) }
    }
    const log = (handle: Handle, offset = 0) => logOf(executor, handle, offset)
    const seen = (handle: Handle, ...states: Observation['state'][]) => seenOf(executor, handle, ...states)
    const written = (handle: Handle, text: string) =>
      vi.waitUntil(async () => (await log(handle)).includes(text), { timeout: 30_000, interval: 50 })

    it.each([0, 1, 75, 78])('reports the exit code %i, and when it came', async (exitCode) => {
      const { handle, end } = await run(shell(`exit ${exitCode}`), `exits-${exitCode}`)

      expect(end).toEqual({ state: 'ended', exitCode, endedAt: expect.any(Date) })
      expect(await executor.observe(handle)).toEqual(end)
    })

    it('starts one job per external id, however often and at whatever moment it is asked, also by another server', async () => {
      const job = shell('echo once; sleep 1; exit 4')
      const handles = await Promise.all([1, 2, 3].map(() => submit(job, 'once')))
      const other = await (await make()).submit(job, called('once'))
      const end = await executor.ended(other, never)
      const late = await submit(job, 'once')

      expect(new Set([...handles, other, late]).size).toBe(1)
      expect(end).toMatchObject({ exitCode: 4 })
      expect(await executor.observe(late)).toEqual(end)
      expect(await log(late)).toBe('once\n')
    })

    it('shows a job its own environment and nothing of the server', async () => {
      const { handle } = await run(shell('env | sort | cut -d= -f1'), 'alone')

      const names = (await log(handle)).split('\n')
      expect(names).toEqual(expect.arrayContaining(['EVENKEEL_EXTERNAL_ID', 'HOME_OF_JOB', 'PATH']))
      expect(names.filter((one) => /^(VITEST|NODE_ENV|npm_)/.test(one))).toEqual([])
    })

    it('takes commands and variables as they are, whatever they are called', async () => {
      const nasty = `$(touch "$HOME_OF_JOB/outputs/hacked"); "'\`id\`\\ \n*`
      const words = '"$1" "$NASTY" "$control" "$line" "$start" "$boot"'
      const variables = { NASTY: nasty, control: 'c', line: 'l', start: 's', boot: 'b' }
      const job = shell(`printf "%s|" ${words} > "$HOME_OF_JOB/outputs/words"`, {
        describe: (home) => ({
          environment: { PATH: '/usr/bin:/bin', HOME_OF_JOB: home, ...variables },
          context: {},
        }),
      })
      const { handle } = await run({ ...job, command: [...job.command, 'sh', nasty] }, 'nasty')

      expect(await contentOf(executor, handle, 'words')).toBe(`${nasty}|${nasty}|c|l|s|b|`)
      expect(await executor.output(handle, 'hacked')).toBeUndefined()
    })

    it('places inputs, code and the context before the job starts', async () => {
      const script = 'cat "$HOME_OF_JOB/inputs/a/0.parquet" main.txt "$HOME_OF_JOB/control/context.json"'
      const job = shell(script, {
        inputs: [{ path: 'a/0.parquet', digest: 'rows ' }],
        code: [{ path: 'main.txt', digest: 'code ', executable: false }],
      })
      const { handle } = await run(job, 'inputs')

      expect((await log(handle)).replace(/\s+/g, ' ')).toBe(`rows code { "home": "${handle}" }`)
    })

    it('leaves nothing behind when an input cannot be placed, and starts when it can', async () => {
      const inputs = [
        { path: 'a', digest: 'fine' },
        { path: 'b', digest: 'absent' },
      ]

      await expect(submit(shell('true', { inputs }), 'broken')).rejects.toThrow('no such content')
      expect((await run(shell('exit 6'), 'broken')).end).toMatchObject({ exitCode: 6 })
    })

    it('shows what the job writes within two seconds, and its end within a moment', async () => {
      const handle = await submit(shell('date +%s > "$HOME_OF_JOB/outputs/at"; echo now; sleep 3; date'), 'prompt')
      await written(handle, 'now')
      const readAt = Date.now()
      const writtenAt = Number(await readFile(join(handle, 'outputs/at'), 'utf8')) * 1000

      // What the job knows of the time is cut to seconds.
      expect(readAt - writtenAt).toBeLessThan(3000)
      await executor.begun(handle, never)
      expect(await executor.observe(handle)).toEqual({ state: 'running' })
      const end = await executor.ended(handle, never)
      expect(end.state === 'ended' && Date.now() - end.endedAt.getTime()).toBeLessThan(2500)
    })

    it('stops waiting when asked, and leaves the job alone', async () => {
      const handle = await submit(shell('sleep 0.5; exit 3'), 'unwatched')
      const leaving = new AbortController()
      const waiting = executor.ended(handle, leaving.signal)

      leaving.abort(new Error('enough'))

      await expect(waiting).rejects.toThrow('enough')
      expect(await executor.ended(handle, never)).toMatchObject({ exitCode: 3 })
    })

    it('lets a job tidy up when it is told to end, and may be asked again after', async () => {
      const script = 'trap "sleep 4; echo tidy; exit 0" TERM; echo up; sleep 60 & wait'
      const handle = await submit(shell(script), 'tidies')
      await written(handle, 'up')

      await executor.cancel(handle, 'term')

      expect(await executor.ended(handle, never)).toMatchObject({ exitCode: 0 })
      expect(await log(handle)).toContain('tidy')
      await expect(executor.cancel(handle, 'kill')).resolves.toBeUndefined()
    })

    it('ends a job that is told so before it has begun', async () => {
      const handle = await submit(shell('sleep 60; echo never'), 'early')

      await executor.cancel(handle, 'term')

      // One that the platform had not started yet leaves no exit code.
      const end = await executor.ended(handle, never)
      expect(end.state === 'ended' ? end.exitCode : end.state).toBeOneOf([143, 'lost'])
      expect(await log(handle)).not.toContain('never')
    })

    it('kills a job that does not listen, with its children and those that left the group', async () => {
      const script = 'trap "" TERM; setsid sleep 61 & sleep 62 & echo $! up; while :; do sleep 0.05; done'
      const handle = await submit(shell(script), 'stubborn')
      await written(handle, 'up')

      await executor.cancel(handle, 'term')
      await delay(1500)
      expect(await executor.observe(handle)).toEqual({ state: 'running' })
      await executor.cancel(handle, 'kill')

      expect(await executor.ended(handle, never)).toBeDefined()
      await vi.waitUntil(async () => (await survivors(called('stubborn'))) === 0, { timeout: 10_000 })
    })

    it('says so when it has never heard of a job', async () => {
      const nobody = join((await submit(shell('true'), 'somebody')) + 'x', '../nobody') as Handle

      expect(await executor.observe(nobody)).toEqual({ state: 'unknown' })
      expect(await executor.ended(nobody, never)).toEqual({ state: 'unknown' })
      await expect(executor.cancel(nobody, 'kill')).resolves.toBeUndefined()
      expect(await log(nobody)).toBe('')
    })

    it('keeps a long log whole and in order, readable from any byte', async () => {
      const line = 'x'.repeat(150)
      const script = `i=0; while [ $i -lt 20000 ]; do echo $i ${line}; i=$((i+1)); done; echo error >&2`
      const { handle } = await run(shell(script), 'talks')

      const text = await log(handle)
      const lines = text.trimEnd().split('\n')

      expect(text.length).toBeGreaterThan(3e6)
      expect(lines).toHaveLength(20_001)
      expect(lines.slice(0, -1).every((one, i) => one === `${i} ${line}`)).toBe(true)
      expect(lines.at(-1)).toBe('error')
      expect(await log(handle, text.length - 6)).toBe('error\n')
    })

    it('gives back what the job left, and refuses what is no plain file', async () => {
      const script = 'cd "$HOME_OF_JOB/outputs"; echo hello > good; : > empty; ln -s /etc/passwd link'
      const { handle } = await run(shell(script), 'leaves')

      expect(await contentOf(executor, handle, 'good')).toBe('hello\n')
      expect(await executor.output(handle, 'empty')).toMatchObject({ kind: 'file', sizeBytes: 0 })
      expect(await executor.output(handle, 'nothing')).toBeUndefined()
      await expect(executor.output(handle, 'link')).rejects.toThrow('not a plain file')
    })

    it('gives back a folder, with what may be run', async () => {
      const script = `mkdir -p "$HOME_OF_JOB/outputs/f/deep"; cd "$HOME_OF_JOB/outputs/f"
        echo one > deep/a; echo 'echo hi' > run.sh; chmod +x run.sh`
      const { handle } = await run(shell(script), 'folder')

      const found = await executor.output(handle, 'f')
      const files = found?.kind === 'folder' ? found.files.map(({ path, executable }) => ({ path, executable })) : []
      expect(files.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
        { path: 'deep/a', executable: false },
        { path: 'run.sh', executable: true },
      ])
    })

    it('hands secrets to the command, and has them nowhere when it runs', async () => {
      const value = `it's UNSEEN "$(exit 9)" \\ \n two lines`
      const script = `printf '%s|%s|' "$control" "$start"; grep -r -l UNSEE[N] "$HOME_OF_JOB/control"; exit 3`
      const { handle, end } = await run(shell(script, { secrets: { control: value, start: 'two' } }), 'secret')

      // What the command itself prints is in its log, and only there.
      expect(end).toMatchObject({ exitCode: 3 })
      expect(await log(handle)).toMatch(new RegExp(`\\|two\\|(${handle}/control/log\\n)?$`))
      expect((await log(handle)).startsWith(value)).toBe(true)
    })

    it('tells when a job last touched its heartbeat file, and nothing where it never did', async () => {
      const beats = await submit(shell('touch "$HOME_OF_JOB/control/heartbeat"; echo touched; sleep 30'), 'beats')
      await written(beats, 'touched')
      await seen(beats, 'running')

      expect(await executor.observe(beats)).toEqual({ state: 'running', heartbeatAt: expect.any(Date) })
      await executor.cancel(beats, 'kill')
    })

    it('lists the living, also to another server, and cleans up after the dead without losing the log', async () => {
      const living = await submit(shell('echo alive; sleep 60'), 'living')
      await seen(living, 'running')
      const inputs = [{ path: 'x', digest: 'x' }]
      const { handle } = await run(shell('echo done; sleep 63 & exit 0', { inputs }), 'dead')
      await executor.cleanup(handle)

      const other = await make()
      expect(await other.list()).toContainEqual({ externalId: called('living'), handle: living })
      const isGone = async () => !(await other.list()).some(({ externalId }) => externalId === called('dead'))
      await vi.waitUntil(isGone, { timeout: 30_000, interval: 200 })
      await vi.waitUntil(async () => (await survivors(called('dead'))) === 0, { timeout: 10_000 })
      expect(await log(handle)).toBe('done\n')
      await expect(readFile(join(handle, 'inputs/x'))).rejects.toThrow('ENOENT')
      await expect(readFile(join(handle, 'control/start.sh'))).rejects.toThrow('ENOENT')
      await executor.cancel(living, 'kill')
    })

    it('ends what still runs when it cleans up', async () => {
      const handle = await submit(shell('sleep 64'), 'left')
      await seen(handle, 'running')

      await executor.cleanup(handle)

      await vi.waitUntil(async () => (await survivors(called('left'))) === 0, { timeout: 15_000 })
      expect((await executor.list()).map(({ externalId }) => externalId)).not.toContain(called('left'))
    })

    it('says which version it runs on', async () => {
      expect(await executor.version()).toMatch(/\d+\.\d+/)
    })
  })
}
