import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeDocker } from './executors/docker/fake.ts'
import { fakeRay } from './executors/ray/fake.ts'
import { readTargets } from './executors/targets.ts'
import { createPipelines } from './service.ts'
import { shell, startPipelinesWorld } from './testing.ts'

const noDigest = `sha256:${'0'.repeat(64)}`
const folder = await mkdtemp(join(tmpdir(), 'evenkeel-targets-'))
const docker = await fakeDocker(folder, 409)
const ray = await fakeRay()
const silent = { kind: 'ray', url: 'http://127.0.0.1:9' }
const targets = {
  local: { kind: 'local', labels: { zone: 'eu' } },
  boxes: { ...docker.target, labels: { zone: 'eu', gpu: 'a100' } },
  cluster: ray.target,
  silent,
}
const world = await startPipelinesWorld({ targets })
afterAll(async () => {
  await world.stop()
  await Promise.all([docker.close(), ray.close()])
  await rm(folder, { recursive: true })
})

const there = { code: [], runsOn: 'boxes' }

describe('targets', () => {
  it('runs each step of a run where it belongs, hands results on, and says where each ran', async () => {
    const hand = { from: 'step', step: 'make', output: 'x' } as const
    const { id } = await world.run('spread', {
      steps: [
        shell('make', 'echo one > "$EVENKEEL_OUTPUT_X"', { ...there, outputs: ['x'] }),
        shell('grow', 'cat "$EVENKEEL_INPUT_X" > "$EVENKEEL_OUTPUT_Y"; echo two >> "$EVENKEEL_OUTPUT_Y"', {
          code: [],
          runsOn: 'cluster',
          inputs: { x: hand },
          outputs: ['y'],
        }),
        shell(
          'end',
          'tr "\\n" " " < "$EVENKEEL_INPUT_Y"; echo "words=$(wc -l < "$EVENKEEL_INPUT_Y")" >> "$EVENKEEL_OUTPUT"',
          {
            inputs: { y: { from: 'step', step: 'grow', output: 'y' } },
          },
        ),
      ] as never,
    })
    const run = await world.until(id)

    expect(run).toMatchObject({ state: 'succeeded' })
    expect(run.steps.map(({ attempts }) => [attempts[0]!.executor, attempts[0]!.image])).toEqual([
      ['boxes', docker.image],
      ['cluster', null],
      ['local', null],
    ])
    expect(run.steps[2]!.values).toEqual({ words: '2' })
    expect((await world.api.readLog({ params: { run: id, step: 'end' }, query: {} })).text).toBe('one two ')
  })

  it('is the first with the labels of a step, unless the step names another', async () => {
    const step = (key: string, labels: object, more = {}) =>
      shell(key, 'true', { code: [], resources: { labels }, ...more })
    const { id } = await world.run('labelled', {
      steps: [step('a', { gpu: 'a100' }), step('b', { zone: 'eu' }), step('c', { zone: 'eu' }, { runsOn: 'boxes' })],
    } as never)

    const run = await world.until(id)
    expect(run.steps.map(({ attempts }) => attempts[0]!.executor)).toEqual(['boxes', 'local', 'boxes'])
    expect((await world.api.listTargets({})).items.map(({ labels }) => labels)).toEqual([
      { zone: 'eu' },
      { zone: 'eu', gpu: 'a100' },
      {},
      {},
    ])
    const another = (given: object) => world.run('labelled', { steps: [given] } as never)
    await expect(another(step('a', { gpu: 'h100' }))).rejects.toMatchObject({
      why: expect.stringContaining(
        'with gpu=h100, and "local" is none. There are local (zone=eu), boxes (zone=eu, gpu=a100)',
      ),
    })
    await expect(another(step('a', { zone: 'eu' }, { runsOn: 'cluster' }))).rejects.toMatchObject({
      why: expect.stringContaining('"cluster" is none'),
    })
  })

  it('looks after the disk a step asks for, or is refused', async () => {
    const step = (diskMiB: number, runsOn: string) =>
      shell('a', 'true', { code: [], cache: false, runsOn, resources: { diskMiB } })
    const { id } = await world.run('small', { steps: [step(1, 'local')] as never })
    expect(await world.until(id)).toMatchObject({ state: 'succeeded' })

    await expect(world.run('there', { steps: [step(1, 'boxes')] as never })).rejects.toMatchObject({
      why: expect.stringContaining('"boxes" (docker) cannot see to it that 1 MiB of disk are free'),
    })
    const large = await world.run('large', { steps: [step(2 ** 40, 'local')] as never })
    expect(JSON.stringify(await world.until(large.id))).toContain(`It asks for ${2 ** 40} MiB of disk, and`)
  })

  it('cancels what runs elsewhere, with its grace', async () => {
    const script = 'trap "echo tidy; exit 3" TERM; echo up; sleep 60 & wait'
    const { id } = await world.run('stopped', { steps: [shell('a', script, { code: [], runsOn: 'cluster' })] as never })
    await log(id, 'up')

    await world.api.cancelRun({ params: { run: id }, body: {} })

    const run = await world.until(id)
    expect(run).toMatchObject({ state: 'cancelled', steps: [{ attempts: [{ outcome: 'cancelled', exitCode: 3 }] }] })
    expect((await world.api.readLog({ params: { run: id, step: 'a' }, query: {} })).text).toContain('tidy')
  })

  it('tries again what ran out of memory when that is a cause, and not when it is none', async () => {
    const hungry = (retryOn: string[]) => [
      shell('a', 'sleep 60', { ...there, retries: 1, retryOn, retryDelay: { seconds: 0.1 } }),
    ]
    const runs = await Promise.all([
      world.run('hungry-again', { steps: hungry(['oom']) as never }),
      world.run('hungry-once', { steps: hungry(['exit']) as never }),
    ])

    for (const { id } of runs) {
      for (let run = await world.api.getRun({ params: { run: id } }); !run.endedAt;) {
        const live = run.steps[0]!.attempts.find(({ state }) => state === 'running')
        if (live) await docker.outOfMemory(live.externalId)
        await new Promise((resume) => setTimeout(resume, 200))
        run = await world.api.getRun({ params: { run: id } })
      }
    }

    const [again, once] = await Promise.all(runs.map(({ id }) => world.api.getRun({ params: { run: id } })))
    expect(again!.steps[0]!.attempts.map(({ outcome }) => outcome)).toEqual(['oom', 'oom'])
    expect(once!.steps[0]!.attempts.map(({ outcome }) => outcome)).toEqual(['oom'])
    expect(once!.steps[0]!.reason).toContain('more memory than it was given')
  })

  it('adopts what runs elsewhere when the server starts anew, though another target is silent', async () => {
    const { id } = await world.run('adopted', { steps: [shell('a', 'echo up; sleep 3; exit 0', there)] as never })
    await log(id, 'up')
    await world.pipelines.stop()
    const began = Date.now()
    const restarted = createPipelines(world.deps)
    await restarted.start()

    expect(Date.now() - began).toBeLessThan(5000)
    const run = await world.until(id)
    await restarted.stop()
    expect(run).toMatchObject({ state: 'succeeded', steps: [{ attempts: [{ executor: 'boxes', attempt: 1 }] }] })
    await world.pipelines.start()
  })

  it('lists the targets, and says which one does not answer', async () => {
    const { items } = await world.api.listTargets({})

    expect(items.map(({ name, kind, answers }) => [name, kind, answers])).toEqual([
      ['local', 'local', true],
      ['boxes', 'docker', true],
      ['cluster', 'ray', true],
      ['silent', 'ray', false],
    ])
    expect(items[1]).toMatchObject({ version: '20.10.24', jobCount: expect.any(Number), reason: null })
    expect(items[3]).toMatchObject({
      version: null,
      jobCount: null,
      reason: expect.stringContaining('does not answer'),
    })
  })

  it.each([
    [{ runsOn: 'boxs' }, 'No target is called "boxs". Did you mean "boxes"? There are local, boxes, cluster, silent'],
    [{ runsOn: 'mainframe' }, 'No target is called "mainframe". There are local'],
    [{ runsOn: 'boxes', code: null }, 'It starts in the folder of the server'],
    [
      {
        runsOn: 'cluster',
        runtime: { kind: 'python', version: null, lock: { path: 'requirements.txt', digest: noDigest } },
      },
      'Its software is installed on the machine of the server',
    ],
  ])('refuses a step that is to run on %j', async (place, says) => {
    const put = world.api.put({
      params: { pipeline: 'lost' },
      body: { steps: [shell('a', 'true', { code: [], ...place })] as never },
    })
    await expect(put).rejects.toMatchObject({ code: 'pipelines.spec_invalid', why: expect.stringContaining(says) })
  })
})

describe('targets.json', () => {
  const path = join(folder, 'targets.json')
  const read = async (text: string) => {
    await writeFile(path, text)
    return readTargets(path, true)
  }

  it('is what docs/executors.md shows, one of each kind', async () => {
    const page = await readFile(join(import.meta.dirname, '../../../../../docs/executors.md'), 'utf8')
    const kinds = Object.values(await read(/```json\n(.*?)```/s.exec(page)![1]!)).map(({ kind }) => kind)

    expect(kinds).toEqual(['docker', 'slurm', 'ray', 'kubernetes'])
  })

  it('needs none', () => {
    expect(readTargets(join(folder, 'nothing.json'), false)).toEqual({})
    expect(() => readTargets(join(folder, 'nothing.json'), true)).toThrow('EVENKEEL_TARGETS')
  })

  it.each([
    ['{ gpu: 1 }', 'are no JSON'],
    ['{"local": {"kind": "docker"}}', '"local" is this machine'],
    ['{"gpu": {"kind": "pbs"}}', 'docs/executors.md shows one of each kind'],
    ['{"gpu": {"kind": "docker", "imag": "x"}}', 'imag'],
    ['{"gpu": {"kind": "slurm", "url": "http://s:6820", "user": "u"}}', 'give either "tokenFile" or "jwtKeyFile"'],
  ])('refuses %s in words', async (text, says) => {
    await expect(read(text)).rejects.toThrow(says)
  })
})

/** Waits until a step has written this. */
async function log(run: string, text: string): Promise<void> {
  for (const deadline = Date.now() + 15_000; ;) {
    const page = await world.api.readLog({ params: { run, step: 'a' }, query: {} }).catch(() => undefined)
    if (page?.text.includes(text)) return
    if (Date.now() > deadline) throw new Error(`The step does not say "${text}".`)
    await new Promise((resume) => setTimeout(resume, 50))
  }
}
