import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startLocal } from '../supervisor/index.ts'
import { type Fact, createFacts } from './facts.ts'
import { openFlights } from './flights.ts'
import { createLoad } from './load.ts'
import { watchMemory } from './memory.ts'
import { NAMES, createCast } from './setup.ts'
import { type Stage, createStage } from './stage.ts'
import { playStory } from './story.ts'

export interface DemoOptions {
  readonly folder: string
  readonly port: number
  readonly inferencePort: number
  /** Leave when the story is told, instead of leaving the console open. */
  readonly exit: boolean
  readonly jsonFile?: string | undefined
  readonly openBrowser: (url: string) => void
}

const MARK = 'demo.json'

/**
 * Plays the whole loop on real flights against a platform of its own in `folder`.
 *
 * @returns the exit code: 0 when every act really happened, 1 when one did not
 * @throws Error when the folder holds something that is not an earlier demo
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const folder = resolve(options.folder)
  const stage = createStage()
  await prepareFolder(folder, stage)
  const local = await startLocal({ folder, port: options.port, inferencePort: options.inferencePort, onProgress: stage.say })
  const memory = watchMemory(() => local.pids().map(({ pid }) => pid))
  try {
    stage.say(`console at ${local.url}`)
    if (!options.exit) options.openBrowser(local.url)
    const { facts, error } = await play(local, folder, stage)
    const peakMemoryBytes = memory.stop()
    const good = error === undefined && facts.length === 10 && facts.every(({ happened }) => happened)
    const report = { good, seconds: Math.round(stage.seconds() * 10) / 10, peakMemoryBytes, url: local.url, error, acts: facts }
    stage.finish(facts)
    process.stderr.write(`\n${summary(report)}\n`)
    if (options.jsonFile) await writeFile(options.jsonFile, `${JSON.stringify(report, null, 2)}\n`)
    if (!options.exit) await untilStopped(local.url)
    return good ? 0 : 1
  } finally {
    await local.stop()
  }
}

async function play(
  local: Awaited<ReturnType<typeof startLocal>>,
  folder: string,
  stage: Stage,
): Promise<{ facts: Fact[]; error?: string }> {
  const facts = createFacts()
  const flights = await openFlights()
  const load = createLoad(local.inferenceUrl, NAMES.endpoint)
  try {
    const cast = await createCast(local.url)
    await playStory({ cast, flights, load, facts, folder: join(folder, 'flights'), say: stage.say })
    return { facts: facts.list() }
  } catch (error) {
    return { facts: facts.list(), error: error instanceof Error ? error.message : String(error) }
  } finally {
    load.close()
    flights.close()
  }
}

/** An earlier demo in the folder makes room for this one; anything else is left alone. */
async function prepareFolder(folder: string, stage: Stage): Promise<void> {
  const inside = await readdir(folder).catch((): string[] => [])
  if (inside.length > 0 && !inside.includes(MARK)) {
    throw new Error(`${folder} holds something that is not a demo; choose another folder with --folder`)
  }
  if (inside.length > 0) {
    stage.say('an earlier demo lies in the folder; it makes room for this one')
    await rm(folder, { recursive: true })
  }
  await mkdir(join(folder, 'flights'), { recursive: true })
  await writeFile(join(folder, MARK), `${JSON.stringify({ what: 'a folder of `evenkeel demo`, removed by the next one' })}\n`)
}

function summary({ good, seconds, peakMemoryBytes, error }: { good: boolean; seconds: number; peakMemoryBytes: number | null; error: string | undefined }): string {
  const memory = peakMemoryBytes === null ? 'memory not measured here' : `${Math.round(peakMemoryBytes / 1024 ** 2)} MiB at the peak`
  const verdict = good ? 'every act happened' : `the story broke: ${error ?? 'see the acts marked ✗'}`
  return `${verdict} · ${seconds.toFixed(1)} s · ${memory}`
}

function untilStopped(url: string): Promise<void> {
  process.stderr.write(`The console stays open at ${url} — press Ctrl-C to stop.\n`)
  return new Promise((resolvePromise) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolvePromise())
  })
}
