import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from '../../packages/client/src/index.ts'
import { pipelines, type Run } from '../../packages/contract/src/index.ts'
import { seededRandom } from '../../packages/numerics/src/index.ts'
import { type Postgres, startPostgres } from '../../packages/server/src/platform/postgres.ts'
import { freePort, until } from './platform.ts'

const runCount = 1000
/** Runs that are open at the same time. */
const openCount = 12
const program = fileURLToPath(new URL('../../packages/server/src/main.ts', import.meta.url))

let folder: string
let database: Postgres
let servers: Server[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-two-'))
  // As root, PostgreSQL runs as a user of its own, who has to come through.
  await chmod(folder, 0o711)
  database = await startPostgres({ folder: join(folder, 'database') })
  servers = [await startServer('one'), await startServer('two')]
})
afterAll(async () => {
  for (const server of servers) await server.stop()
  await database.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** One of the control planes on this database, as a process with a data folder of its own; it comes back when killed. */
async function startServer(name: string) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = {
    ...process.env,
    EVENKEEL_DATABASE_URL: database.url,
    EVENKEEL_FOLDER: join(folder, name),
    EVENKEEL_BLOB_URL: new URL(`file://${join(folder, 'blobs')}`).href,
    EVENKEEL_PORT: String(port),
    EVENKEEL_LOG_LEVEL: 'error',
  }
  let child: ChildProcess
  const launch = () => (child = spawn(process.execPath, [program], { cwd: folder, env, stdio: 'ignore' }))
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  launch()
  await until(`the server ${name}`, isReady)

  return {
    api: createClient(pipelines, { baseUrl: url }),
    async killAndRestart() {
      child.kill('SIGKILL')
      await once(child, 'exit')
      launch()
      await until(`the server ${name}, again`, isReady)
    },
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

type Server = Awaited<ReturnType<typeof startServer>>

/** Asks one server after the other until one answers: either may be dead at the moment. */
async function ask<T>(first: number, question: (api: Server['api']) => Promise<T>): Promise<T> {
  for (let turn = first; ; turn++) {
    try {
      return await question(servers[turn % servers.length]!.api)
    } catch (error) {
      if (turn - first > 1000) throw error
      await delay(100)
    }
  }
}

/** What the step wrote when it ran, in this run or in the one whose result it took over. */
const lineOf = ({ id }: Run, { key, state, cache }: Run['steps'][number]): string =>
  `${state === 'cached' ? cache?.fromRun : id} ${key}`

it(`runs every step of ${runCount} runs once, while two servers share a database and are killed at random`, async () => {
  const done = join(folder, 'done')
  const mark = ['sh', '-c', `echo "$EVENKEEL_RUN_ID $EVENKEEL_STEP" >> ${done}`]
  const steps = [
    // One that may be reused, so it is looked up; but no other run has its param.
    { key: 'first', run: mark, code: [], params: ['n'] },
    { key: 'second', run: mark, needs: ['first'] },
  ]
  await ask(0, (api) => api.put({ params: { pipeline: 'both' }, body: { params: { n: 0 }, steps } }))
  let left = runCount
  const ended: Run[] = []
  const work = async (worker: number) => {
    while (left > 0) {
      const params = { n: left-- }
      const { id } = await ask(worker, (api) => api.startRun({ params: { pipeline: 'both' }, body: { params } }))
      let run = await ask(worker, (api) => api.getRun({ params: { run: id } }))
      for (; run.endedAt === null; run = await ask(worker, (api) => api.getRun({ params: { run: id } })))
        await delay(100)
      ended.push(run)
    }
  }
  const random = seededRandom(1)
  let killCount = 0
  const kill = async () => {
    while (ended.length < runCount) {
      await delay(1500 + random() * 2000)
      await servers[Math.floor(random() * servers.length)]!.killAndRestart()
      killCount++
    }
  }

  await Promise.all([kill(), ...Array.from({ length: openCount }, (_, worker) => work(worker))])

  process.stdout.write(`${ended.length} runs ended, ${killCount} times a server was killed\n`)
  expect(killCount).toBeGreaterThan(5)
  expect(ended.filter(({ state }) => state !== 'succeeded').map(({ reason }) => reason)).toEqual([])
  const lines = (await readFile(done, 'utf8')).trimEnd().split('\n')
  const times = Map.groupBy(lines, (line) => line)
  expect([...times].filter(([, { length }]) => length !== 1).map(([line]) => line)).toEqual([])
  // A run whose answer got lost in a kill was asked for again with the same param: it may take over what that one made.
  const missing = ended.flatMap((run) => run.steps.map((step) => lineOf(run, step))).filter((line) => !times.has(line))
  expect(missing).toEqual([])
  const reused = ended.filter((run) => run.steps.some(({ state }) => state === 'cached'))
  expect(reused.length).toBeLessThanOrEqual(killCount * openCount)
})
