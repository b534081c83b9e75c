import type { PipelineSpec, Run } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type PipelinesWorld, startPipelinesWorld } from '../testing.ts'
import { type Index, missingHere, startIndex } from './testing.ts'

// An environment takes seconds on a slow machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const lacks = missingHere('python3')
const says = lacks.length > 0 ? `(NOT TESTED: this machine lacks ${lacks.join(', ')})` : ''

let index: Index
let world: PipelinesWorld
beforeAll(async () => {
  if (lacks.length > 0) return
  index = await startIndex()
  world = await startPipelinesWorld({ environment: { PATH: process.env['PATH'] ?? '', ...index.variables } })
})
afterAll(async () => {
  await world?.stop()
  await index?.stop()
})

const file = async (path: string, content: string) => {
  const { digest } = await world.platform.blobs.put(Buffer.from(content))
  return { path, digest, executable: false }
}

const python = async (lock: string) => ({
  kind: 'python' as const,
  version: null,
  lock: await file('requirements.txt', lock),
})

/** A step that writes the version of "tiny" that it finds. */
async function spec(pipeline: string, lock: string | null, script = 'import tiny; print(tiny.VALUE)') {
  const runtime = lock === null ? null : await python(lock)
  const code = [await file('main.py', script), await file('pipeline', pipeline)]
  return { steps: [{ key: 'use', run: ['python3', 'main.py'], code, runtime }] } as unknown as PipelineSpec
}

async function runOf(pipeline: string, body: PipelineSpec): Promise<Run> {
  await world.api.put({ params: { pipeline }, body })
  const { id } = await world.api.startRun({ params: { pipeline }, body: {} })
  return ended(id)
}

async function ended(id: string): Promise<Run> {
  for (const deadline = Date.now() + 90_000; Date.now() < deadline;) {
    const run = await world.until(id).catch(() => undefined)
    if (run) return run
  }
  throw new Error(`The run ${id} does not end.`)
}

const logOf = async (run: Run) => (await world.api.readLog({ params: { run: run.id, step: 'use' }, query: {} })).text
const attemptOf = (run: Run) => run.steps[0]!.attempts.at(-1)!

it.skipIf(lacks.length > 0)(`a step runs in its environment, and the record says in which one ${says}`, async () => {
  const first = await runOf('one', await spec('one', index.requirements('1.0.0')))
  const askedOnce = index.asked.length
  const other = await runOf('two', await spec('two', index.requirements('1.0.0')))
  const host = await runOf('host', await spec('host', null, 'print("host")'))

  expect(await logOf(first)).toBe('tiny 1.0.0\n')
  expect(attemptOf(first).runtime).toEqual({
    kind: 'python',
    digest: expect.stringMatching(/^sha256:/),
    tool: expect.stringMatching(/^(uv|pip) \d/),
    version: expect.stringMatching(/^3\.\d+\.\d+/),
  })
  expect(first.steps[0]!.progress).toBeNull()
  expect(attemptOf(other).runtime).toEqual(attemptOf(first).runtime)
  expect(index.asked.length).toBe(askedOnce)
  expect(attemptOf(host).runtime).toEqual({ kind: 'host', digest: null, tool: null, version: null })
})

it.skipIf(lacks.length > 0)(
  `names the changed packages before a run and after it, and reuses what is the same ${says}`,
  async () => {
    await runOf('lock', await spec('lock', index.requirements('1.0.0')))
    const same = await runOf('lock', await spec('lock', index.requirements('1.0.0')))
    const changed = await spec('lock', index.requirements('2.0.0'))
    await world.api.put({ params: { pipeline: 'lock' }, body: changed })
    const { steps: planned } = await world.api.plan({ params: { pipeline: 'lock' }, body: {} })
    const run = await runOf('lock', changed)
    const back = await runOf('lock', await spec('lock', null, 'print("host")'))

    expect(same.steps[0]!.state).toBe('cached')
    const sentence = 'The package tiny 1.0.0 -> 2.0.0.'
    expect(planned[0]).toMatchObject({ action: 'run', says: sentence, verdict: { code: 'runtime' } })
    expect(run.steps[0]).toMatchObject({ state: 'succeeded', cache: { code: 'runtime', says: sentence } })
    expect(await logOf(run)).toBe('tiny 2.0.0\n')
    const { parts } = await world.api.explainStep({ params: { run: back.id, step: 'use' } })
    expect(parts.find(({ part }) => part === 'runtime')!.changes).toEqual([
      'It had an environment of python before, and runs on the host now.',
    ])
  },
)

it.skipIf(lacks.length > 0)(
  `a lock file that cannot be installed fails the step at once, with the reason ${says}`,
  async () => {
    const run = await runOf('unsolvable', await spec('unsolvable', 'nothing-of-this-name==1.0\n'))

    expect(run.state).toBe('failed')
    expect(run.steps[0]!.attempts).toHaveLength(1)
    expect(attemptOf(run)).toMatchObject({
      outcome: 'config',
      reason: expect.stringMatching(/^Its environment could not be built\. [\s\S]*nothing-of-this-name/),
    })
    const { digest } = attemptOf(run).runtime!
    expect(await world.runtimes.get({ params: { runtime: digest!.slice(7, 20) } })).toMatchObject({
      state: 'failed',
      log: expect.stringContaining('nothing-of-this-name'),
    })
  },
)

it.skipIf(lacks.length > 0)(
  `a run says that it waits for a build, and can be cancelled while it does ${says}`,
  async () => {
    index.held.isHeld = true
    const { id } = await world.run('held', await spec('held', 'tiny==1.0.0 # another lock file\n'))
    const waits = await vi.waitFor(
      async () => {
        const { steps } = await world.api.getRun({ params: { run: id } })
        expect(steps[0]!.progress?.says).toMatch(/^Waiting: its environment is being built/)
        return steps[0]!
      },
      { timeout: 20_000, interval: 100 },
    )
    const { digest } = waits.attempts[0]!.runtime!
    await expect(world.runtimes.remove({ params: { runtime: digest! } })).rejects.toMatchObject({
      code: 'runtimes.in_use',
    })
    await world.api.cancelRun({ params: { run: id }, body: {} })
    const run = await ended(id)
    index.held.isHeld = false

    expect(run.state).toBe('cancelled')
    expect(attemptOf(run)).toMatchObject({ outcome: 'cancelled', startedAt: null })
  },
)

it.skipIf(lacks.length > 0)(
  `keeps what a live attempt uses, and removes the rest when it is asked to ${says}`,
  async () => {
    const script = 'import time, tiny; time.sleep(600)'
    const { id } = await world.run('live', await spec('live', index.requirements('2.0.0'), script))
    const live = await vi.waitFor(
      async () => {
        const run = await world.api.getRun({ params: { run: id } })
        expect(attemptOf(run).startedAt).not.toBeNull()
        return attemptOf(run).runtime!.digest!
      },
      { timeout: 30_000, interval: 100 },
    )
    const { removed } = await world.runtimes.prune({ body: { olderThanSeconds: 0 } })
    const { items, limitBytes } = await world.runtimes.list()

    expect(removed.length).toBeGreaterThanOrEqual(2)
    expect(removed.map(({ digest }) => digest)).not.toContain(live)
    expect(items.find(({ digest }) => digest === live)).toMatchObject({ state: 'ready', useCount: 1 })
    expect(limitBytes).toBe(20 * 1024 ** 3)
    await world.api.cancelRun({ params: { run: id }, body: {} })
    await ended(id)
    await world.runtimes.remove({ params: { runtime: live } })
    await expect(world.runtimes.get({ params: { runtime: live } })).rejects.toMatchObject({
      code: 'runtimes.not_found',
    })
  },
)
