import { createClient } from '@evenkeel/client'
import { backfills, pipelines } from '@evenkeel/contract'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createDatabase } from '../../../testing.ts'

const program = fileURLToPath(new URL('../../../main.ts', import.meta.url))
const partitionCount = 60

let folder: string
let database: Awaited<ReturnType<typeof createDatabase>>
let server: ChildProcess | undefined
let port: number
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-restarts-'))
  database = await createDatabase()
  port = await freePort()
  await launch()
}, 60_000)
afterAll(async () => {
  await end('SIGTERM')
  await database.drop()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  return address !== null && typeof address === 'object' ? address.port : 0
}

/** The control plane as a process of its own, as it is in production. */
async function launch(): Promise<void> {
  const env = {
    ...process.env,
    EVENKEEL_DATABASE_URL: database.url,
    EVENKEEL_FOLDER: folder,
    EVENKEEL_PORT: String(port),
    EVENKEEL_LOG_LEVEL: 'error',
  }
  server = spawn(process.execPath, [program], { cwd: folder, env, stdio: 'ignore' })
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  await vi.waitUntil(isReady, { timeout: 40_000, interval: 100 })
}

async function end(signal: NodeJS.Signals): Promise<void> {
  server!.kill(signal)
  await once(server!, 'exit')
}

it(
  `${partitionCount} partitions survive kill -9 and a stop of the server, and each runs once`,
  { timeout: 180_000 },
  async () => {
    const options = { baseUrl: `http://127.0.0.1:${port}` }
    const [api, past] = [createClient(pipelines, options), createClient(backfills, options)]
    const log = join(folder, 'log')
    const step = { key: 'it', run: ['/bin/sh', '-euc', `echo "$EVENKEEL_NOMINAL_START" >> ${log}; sleep 0.05`] }
    await api.put({ params: { pipeline: 'days' }, body: { steps: [step] } })
    const body = { from: '2025-01-01', to: '2025-03-01', unit: 'day', code: 'version:1', maxActive: 8 } as const
    const { id } = await past.create({ params: { pipeline: 'days' }, body })
    const done = async () => (await past.get({ params: { backfill: id } })).counts.succeeded
    const reaches = (count: number) =>
      vi.waitUntil(async () => (await done()) >= count, { timeout: 90_000, interval: 50 })

    for (const [count, signal] of [
      [8, 'SIGKILL'],
      [25, 'SIGTERM'],
    ] as const) {
      await reaches(count)
      await end(signal)
      await launch()
    }
    await reaches(partitionCount)

    await vi.waitUntil(async () => (await past.get({ params: { backfill: id } })).state === 'succeeded', 20_000)
    const lines = (await readFile(log, 'utf8')).trimEnd().split('\n')
    expect(lines).toHaveLength(partitionCount)
    expect(new Set(lines).size).toBe(partitionCount)
    const { items } = await past.listPartitions({ params: { backfill: id }, query: {} })
    expect(items.map(({ tries }) => tries)).toEqual(items.map(() => 1))
    expect(new Set(items.map(({ runId }) => runId)).size).toBe(partitionCount)
  },
)
