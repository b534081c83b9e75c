import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { type Place, type Victim, choosePlace, evenkeel, killHard, placeOptions, program } from './platform.ts'

const Report = z.object({
  error: z.string().nullable(),
  acts: z.array(
    z.object({
      act: z.int(),
      figures: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
      problems: z.array(z.string()),
    }),
  ),
})

// Five months of flights and several trainings: minutes, and more of them on a busy machine.
vi.setConfig({ testTimeout: 1_200_000 })

let place: Place
beforeAll(async () => {
  place = await choosePlace()
})
afterAll(async () => {
  await evenkeel('down', '--folder', place.folder)
  await rm(place.folder, { recursive: true })
})

it('the demo tells its whole story while server, node and PostgreSQL are killed one after the other', async () => {
  const jsonFile = `${place.folder}.json`
  const options = ['--exit', '--no-open', '--json', jsonFile, ...placeOptions(place)]
  const demo = spawn(process.execPath, [program, 'demo', ...options], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(demo, 'exit')

  const killed = await killDuringReplay(createInterface({ input: demo.stderr }), ['server', 'node', 'postgresql'])
  await ended
  const { error, acts } = Report.parse(JSON.parse(await readFile(jsonFile, 'utf8')))
  await rm(jsonFile)

  expect(killed).toEqual(['server', 'node', 'postgresql'])
  expect(error).toBeNull()
  expect(acts.map(({ act }) => act)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  // A request that met the dead node was sent again, which counts as a problem only where nothing is killed.
  const problems = acts
    .flatMap((act) => act.problems)
    .filter((problem) => !problem.endsWith('requests failed while it came and went'))
  expect(problems).toEqual([])
  expect(acts.find(({ act }) => act === 7)?.figures['failedRequests']).toBe(0)
})

/** Kills the next one a second after each month begins to play; reads to the end. */
async function killDuringReplay(lines: AsyncIterable<string>, victims: readonly Victim[]): Promise<Victim[]> {
  const killed: Victim[] = []
  for await (const line of lines) {
    const victim = victims[killed.length]
    if (!victim || !line.includes('replaying')) continue
    await delay(1000)
    await killHard(place.folder, victim)
    killed.push(victim)
  }
  return killed
}
