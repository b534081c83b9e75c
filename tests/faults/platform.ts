import { execFile } from 'node:child_process'
import { mkdtemp, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Identity, identify, isRunning } from '../../packages/cli/src/supervisor/identity.ts'
import { readState } from '../../packages/cli/src/supervisor/state.ts'

export const program = fileURLToPath(new URL('../../packages/cli/bin/evenkeel.js', import.meta.url))

/** Where a platform lives; the ports stay the same when it is started again. */
export interface Place {
  readonly folder: string
  readonly port: number
  readonly inferencePort: number
  readonly url: string
  readonly inferenceUrl: string
}

export async function choosePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-faults-'))
  const [port, inferencePort] = [await freePort(), await freePort()]
  const at = (number: number) => `http://127.0.0.1:${number}`
  return { folder, port, inferencePort, url: at(port), inferenceUrl: at(inferencePort) }
}

export const placeOptions = ({ folder, port, inferencePort }: Place): string[] =>
  ['--folder', folder, '--port', port, '--inference-port', inferencePort].map(String)

/** Runs the command line to its end. @throws Error with what it printed when it fails */
export function evenkeel(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], (error, stdout, stderr) =>
      error ? reject(new Error(`evenkeel ${args[0]} failed: ${stderr}`, { cause: error })) : resolve(stdout),
    )
  })
}

/** What can be killed: `postgresql` is the database itself, `postgres` the process that watches over it. */
export type Victim = 'supervisor' | 'postgres' | 'postgresql' | 'server' | 'node'

/** Everything that runs on the folder now. */
export async function processesOf(folder: string): Promise<Identity[]> {
  const state = await readState(folder)
  const database = await databaseOf(folder)
  const all = [...(state ? [state.supervisor, ...state.children] : []), ...(database ? [database] : [])]
  const alive = await Promise.all(all.map(isRunning))
  return all.filter((_, index) => alive[index])
}

/** @returns who was killed */
export async function killHard(folder: string, victim: Victim): Promise<Identity> {
  const found = (await processesOf(folder)).find(({ name }) => name === victim)
  if (!found) throw new Error(`no ${victim} runs on ${folder}`)
  process.kill(found.pid, 'SIGKILL')
  return found
}

/** Waits until somebody else has taken the place of a killed process, and everything is ready. @returns milliseconds */
export async function backAgain({ folder, url, inferenceUrl }: Place, killed: Identity): Promise<number> {
  const startedAt = performance.now()
  const replaced = async () =>
    (await processesOf(folder)).some(({ name, pid }) => name === killed.name && pid !== killed.pid)
  await until(`another ${killed.name}`, replaced)
  await until('the server to be ready', () => isReady(url))
  await until('the node to be ready', () => isReady(inferenceUrl))
  return performance.now() - startedAt
}

export async function until(what: string, happened: () => Promise<boolean>, limitMs = 120_000): Promise<void> {
  const giveUpAt = performance.now() + limitMs
  while (!(await happened())) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${limitMs / 1000} s for ${what}`)
    await delay(100)
  }
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.ok ?? false
}

async function databaseOf(folder: string): Promise<Identity | undefined> {
  const text = await readFile(join(folder, 'postgres/data/postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  return pid > 0 ? identify('postgresql', pid) : undefined
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = address !== null && typeof address === 'object' ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
