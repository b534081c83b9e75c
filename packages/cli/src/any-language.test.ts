import type { Run } from '@evenkeel/contract'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Local, startLocal } from './supervisor/index.ts'
import { evenkeel } from './testing.ts'
import { freePort } from './free-port.ts'

// A database, a server and a node are started for this.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const file = fileURLToPath(new URL('../../../examples/any-language/pipelines/any-language.yaml', import.meta.url))

/** Where a step looks for programs. */
const isThere = (program: string) =>
  ['/usr/local/bin', '/usr/bin', '/bin'].some((path) => existsSync(join(path, program)))
const missing = ['bash', 'python3', 'cc'].filter((program) => !isThere(program))

let folder: string
let local: Local | undefined
beforeAll(async () => {
  if (missing.length > 0) return
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-any-language-'))
  const [port, inferencePort] = await Promise.all([freePort(), freePort()])
  local = await startLocal({ folder, port, inferencePort, onProgress: () => undefined })
})
afterAll(async () => {
  await local?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

const ask = (...args: string[]) => evenkeel(...args, '--url', local!.url)

async function start(...args: string[]): Promise<{ code: number; run: Run }> {
  const { code, stdout } = await ask('run', 'start', 'any-language', '--follow', '--json', ...args)
  return { code, run: JSON.parse(stdout.trim().split('\n').at(-1)!) as Run }
}

const statesOf = ({ steps }: Run) => Object.fromEntries(steps.map(({ key, state }) => [key, state]))

const title = missing.length > 0 ? `is NOT TESTED, this machine lacks ${missing.join(', ')}` : ''

it.skipIf(missing.length > 0)(
  `the pipeline in four languages ${title || 'runs, and its results are reused'}`,
  async () => {
    const applied = await ask('pipeline', 'apply', file)
    expect(applied.stdout).toContain('any-language is new: version 1\ncode   4 files, 4 sent')

    const first = await start('--param', 'count=500')
    expect(first.code).toBe(0)
    expect(new Set(Object.values(statesOf(first.run)))).toEqual(new Set(['succeeded']))
    const log = await ask('run', 'logs', first.run.id, 'report')
    expect(log.stdout).toMatch(/\| low \| 250 \| [\d.]+ \| [\d.]+ \|\n\| high \| 250 \|/)

    const again = await start('--param', 'count=500')
    expect(statesOf(again.run)).toMatchObject({ draw: 'cached', 'split[half=low]': 'cached', report: 'cached' })
    const why = await ask('explain', again.run.id, 'report')
    expect(why.stdout).toContain('inputs  the same')

    const unchanged = await ask('pipeline', 'apply', file)
    expect(unchanged.stdout).toContain('any-language is unchanged: version 1\ncode   4 files, none new')
  },
)

it.skipIf(missing.length > 0)(`a value is never a part of a script ${title}`, async () => {
  const nasty = '"; echo hacked; $(touch hacked) `id`'
  const { code, run } = await start('--param', `title=${nasty}`, '--no-cache=report')

  expect(code).toBe(0)
  expect((await ask('run', 'logs', run.id, 'report')).stdout).toContain(`# ${nasty}\n`)
})

it.skipIf(missing.length > 0)(
  `a run that fails ends with 1, runs what waits for any end, and can be retried ${title}`,
  async () => {
    const { code, run } = await start('--param', 'count=3')

    expect(code).toBe(1)
    expect(statesOf(run)).toMatchObject({ draw: 'succeeded', measure: 'failed', report: 'skipped', told: 'succeeded' })
    expect((await ask('run', 'logs', run.id, 'measure')).stdout).toContain('and two are needed')
    expect((await ask('run', 'retry', run.id)).code).toBe(0)
    expect((await ask('run', 'show', run.id, '--follow')).code).toBe(1)
  },
)
