import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startLocal } from '../supervisor/index.ts'
import { exportMonths } from './acts/data.ts'
import { inBackground } from './acts/deps.ts'
import { type Fact, createFacts } from './facts.ts'
import { type FlightSource, openFlights } from './flights.ts'
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
  const interrupted = untilSignal()
  await prepareFolder(folder, stage)
  const { port, inferencePort } = options
  // One core has nothing to do while the platform starts.
  const data = inBackground(openData(folder))
  const local = await startLocal({ folder, port, inferencePort, onProgress: stage.say })
  const memory = watchMemory(() => local.pids().map(({ pid }) => pid))
  try {
    stage.say(`console at ${local.url}`)
    if (!options.exit) options.openBrowser(local.url)
    const told = await Promise.race([play(local, data, stage), interrupted])
    if (told === 'interrupted') return 130
    const report = { ...judge(told), seconds: stage.seconds(), peakMemoryBytes: memory.stop(), url: local.url }
    stage.finish(told.facts)
    process.stderr.write(`\n${summary(report)}\n`)
    if (options.jsonFile) await writeFile(options.jsonFile, `${JSON.stringify(report, null, 2)}\n`)
    if (options.exit) return report.good ? 0 : 1
    process.stderr.write(`The console stays open at ${local.url} — press Ctrl-C to stop.\n`)
    await interrupted
    return report.good ? 0 : 1
  } finally {
    await local.stop()
  }
}

interface Told {
  readonly facts: Fact[]
  /** Why the story ended early. */
  readonly error?: string
}

interface Report {
  readonly good: boolean
  readonly seconds: number
  readonly peakMemoryBytes: number | null
  readonly error: string | null
}

const judge = ({ facts, error }: Told) => ({
  good: error === undefined && facts.length === 10 && facts.every(({ happened }) => happened),
  error: error ?? null,
  acts: facts,
})

interface DemoData {
  readonly flights: FlightSource
  readonly fileOf: (month: number) => Promise<string>
  readonly folder: string
}

async function openData(folder: string): Promise<DemoData> {
  const place = join(folder, 'flights')
  const flights = await openFlights()
  return { flights, fileOf: exportMonths(flights, place), folder: place }
}

async function play(
  local: Awaited<ReturnType<typeof startLocal>>,
  opened: Promise<DemoData>,
  stage: Stage,
): Promise<Told> {
  const facts = createFacts()
  const data = await opened
  const load = createLoad(local.inferenceUrl, NAMES.endpoint)
  try {
    const cast = await createCast(local.url)
    await playStory({ cast, ...data, load, facts, say: stage.say })
    return { facts: facts.list() }
  } catch (error) {
    return { facts: facts.list(), error: error instanceof Error ? error.message : String(error) }
  } finally {
    load.close()
    data.flights.close()
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
  await writeFile(
    join(folder, MARK),
    `${JSON.stringify({ what: 'a folder of `evenkeel demo`, removed by the next one' })}\n`,
  )
}

function summary({ good, seconds, peakMemoryBytes, error }: Report): string {
  const memory =
    peakMemoryBytes === null ? 'memory not measured here' : `${Math.round(peakMemoryBytes / 1024 ** 2)} MiB at the peak`
  const verdict = good ? 'every act happened' : `the story broke: ${error ?? 'see the acts marked ✗'}`
  return `${verdict} · ${seconds.toFixed(1)} s · ${memory}`
}

function untilSignal(): Promise<'interrupted'> {
  return new Promise((settle) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => settle('interrupted'))
  })
}
