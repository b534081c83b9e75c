import { execFile } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { startPostgres } from '../../packages/server/src/platform/postgres.ts'
import { startMlflow, startOurs, type TrackingServer, whyNoMlflow } from './servers.ts'

const timesOfCopyBound = 1.5
const chunkMiB = 8

interface Row {
  readonly name: string
  readonly upSeconds: number
  readonly downSeconds: number
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

/** Random bytes, so that neither side can keep the same content once. */
async function writeRandom(path: string, mib: number): Promise<string> {
  const file = await open(path, 'w')
  for (let written = 0; written < mib; written += chunkMiB) {
    await file.write(randomFillSync(Buffer.allocUnsafe(Math.min(chunkMiB, mib - written) * 1024 ** 2)))
  }
  await file.sync()
  await file.close()
  return path
}

/** What no server can do without: the bytes safe on disk, and their digest. */
const copy = (path: string) =>
  promisify(execFile)('sh', [
    '-c',
    'cp "$1" "$1.copy" && sync "$1.copy" && sha256sum "$1.copy" && rm "$1.copy"',
    'sh',
    path,
  ])

const addressOf = (port: number, name: string) => ({
  host: '127.0.0.1',
  port,
  path: `/api/2.0/mlflow-artifacts/artifacts/bench/${name}`,
})

async function send(method: 'PUT' | 'GET', port: number, name: string, file?: string): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream' }
  const outgoing = request({ ...addressOf(port, name), method, headers })
  const answered = new Promise<IncomingMessage>((resolve, reject) =>
    outgoing.once('response', resolve).once('error', reject),
  )
  if (file === undefined) outgoing.end()
  else await pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), outgoing)
  const answer = await answered
  if (answer.statusCode !== 200) throw new Error(`${method} ${name} was answered with ${answer.statusCode}`)
  await pipeline(answer, new Writable({ write: (_chunk, _encoding, done) => done() }))
}

async function measure({ name, port }: TrackingServer, files: readonly string[], round: number): Promise<Row> {
  const all = (work: (file: string, index: number) => Promise<void>) => () => Promise.all(files.map(work))
  const nameOf = (index: number) => `${files.length}-${round}-${index}.bin`
  return {
    name,
    upSeconds: await seconds(all((file, index) => send('PUT', port, nameOf(index), file))),
    downSeconds: await seconds(all((_file, index) => send('GET', port, nameOf(index)))),
  }
}

/** Each server first once and last once: whoever is first pays for memory that the machine has not used yet. */
async function measureBothWays(servers: readonly TrackingServer[], files: readonly string[]): Promise<Row[]> {
  const rows: Row[] = []
  for (const server of servers) rows.push(await measure(server, files, 1))
  for (const server of servers.toReversed()) rows.push(await measure(server, files, 2))
  return servers.map(({ name }) => {
    const own = rows.filter((row) => row.name === name)
    const mean = (of: (row: Row) => number) => own.reduce((sum, row) => sum + of(row), 0) / own.length
    return { name, upSeconds: mean(({ upSeconds }) => upSeconds), downSeconds: mean(({ downSeconds }) => downSeconds) }
  })
}

/** Peak resident memory of a process in MiB. */
async function peakMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024
}

async function startServers(folder: string, databaseUrl: string, started: (server: TrackingServer) => void) {
  started(await startOurs(folder, databaseUrl))
  const whyNot = await whyNoMlflow()
  if (whyNot !== undefined) return print(`MLFLOW IS SKIPPED: ${whyNot}`)
  started(await startMlflow('MLflow', folder, `sqlite:///${join(folder, 'mlflow.db')}`))
}

async function measureAll(folder: string, servers: readonly TrackingServer[], totalMiB: number) {
  const ours = servers[0]!
  const idleMiB = await peakMiB(ours.pid)
  const rounds = []
  for (const streams of [1, 8]) {
    const paths = Array.from({ length: streams }, (_, index) => join(folder, `${streams}-${index}.bin`))
    const files: string[] = []
    for (const path of paths) files.push(await writeRandom(path, totalMiB / streams))
    const copySeconds = await seconds(() => Promise.all(files.map(copy)))
    const rows = await measureBothWays(servers, files)
    // Before and after: on a machine that others use too, the mean is fairer than either.
    const copyAgain = await seconds(() => Promise.all(files.map(copy)))
    rounds.push({ streams, copySeconds: (copySeconds + copyAgain) / 2, rows, peakMiB: await peakMiB(ours.pid) })
    for (const file of files) await rm(file)
  }
  return { totalMiB, idleMiB, timesOfCopyBound, rounds }
}

/**
 * What files cost over HTTP: so many MiB up and down, in one stream and in eight, beside `cp` with fsync and sha256sum of
 * the same bytes, and MLflow's own server.
 */
export async function measureFiles(totalMiB: number) {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-bench-'))
  const postgres = await startPostgres({ folder })
  const servers: TrackingServer[] = []
  try {
    await startServers(folder, postgres.url, (server) => servers.push(server))
    return await measureAll(folder, servers, totalMiB)
  } finally {
    for (const server of servers) await server.stop()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

export function showFiles({ totalMiB, idleMiB, rounds }: Awaited<ReturnType<typeof measureFiles>>): void {
  for (const { streams, copySeconds, rows, peakMiB: peak } of rounds) {
    print(
      `${totalMiB} MiB in ${streams} stream${streams === 1 ? '' : 's'}: cp, fsync and sha256sum ${copySeconds.toFixed(2)} s`,
    )
    for (const { name, upSeconds, downSeconds } of rows) {
      const times = (taken: number) => `${taken.toFixed(2)} s (${(taken / copySeconds).toFixed(2)} × cp)`
      print(`  ${name.padEnd(10)} up ${times(upSeconds)}, down ${times(downSeconds)}`)
    }
    print(
      `  Evenkeel's memory at its peak: ${peak.toFixed(0)} MiB, and ${idleMiB.toFixed(0)} MiB before the first file`,
    )
  }
  print(`Bounds: not slower than MLflow, ${timesOfCopyBound} × cp at most, memory flat.`)
}
