import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { makeFolder } from '../testing.ts'
import { type ChildHooks, type KeptChild, keepRunning } from './child.ts'
import { startOf } from './identity.ts'
import { until } from './testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const WAIT = `process.stdout.write('here I am\\n'); setInterval(() => {}, 1000)`

let logFile: string
let child: KeptChild
let starts: number[]
let deaths: string[]
const hooks: ChildHooks = {
  onStart: (_, pid) => starts.push(pid),
  onDeath: (name, how) => deaths.push(`${name}: ${how}`),
}
beforeEach(async () => {
  logFile = join(await makeFolder(), 'small.log')
  starts = []
  deaths = []
})
afterEach(() => child.stop())

const keep = (code: string) =>
  keepRunning({ name: 'small', args: ['-e', code], environment: { MOOD: 'calm' }, logFile }, hooks)

it('writes to its log, not to the terminal', async () => {
  child = await keep(`process.stdout.write(process.env.MOOD); console.error('!'); setInterval(() => {}, 1000)`)

  await expect.poll(() => readFile(logFile, 'utf8')).toBe('calm!\n')
})

it('is started again after kill -9, which is told', async () => {
  child = await keep(WAIT)

  process.kill(starts[0]!, 'SIGKILL')

  await until('a second start', () => starts.length === 2)
  expect(deaths).toEqual(['small: SIGKILL'])
  expect(child.pid()).toBe(starts[1])
  expect(await startOf(starts[1]!)).toBeDefined()
})

it('that cannot live is tried again ever more slowly', async () => {
  const startedAt = Date.now()
  child = await keep('process.exit(7)')

  await until('a third start', () => starts.length === 3)
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(200 + 400 - 5)
  expect(deaths[0]).toBe('small: exit code 7')
})

it('is gone after it was stopped, and stays away', async () => {
  child = await keep(WAIT)

  await child.stop()

  expect(await startOf(starts[0]!)).toBeUndefined()
  expect({ starts: starts.length, deaths }).toEqual({ starts: 1, deaths: [] })
})

it('turns its log over at 20 MiB', async () => {
  await writeFile(logFile, Buffer.alloc(20 * 1024 ** 2, 'x'))
  child = await keep(WAIT)

  expect((await stat(`${logFile}.1`)).size).toBe(20 * 1024 ** 2)
  expect((await stat(logFile)).size).toBeLessThan(1000)
})
