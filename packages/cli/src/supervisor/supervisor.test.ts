import { once } from 'node:events'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { evenkeel, makeFolder } from '../testing.ts'
import { identify, isRunning } from './identity.ts'
import { refuseWhenInUse } from './index.ts'
import { readState, writeState } from './state.ts'
import { stopFolder } from './stop-left.ts'
import { startWaiting } from './testing.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

let folder: string
let started: Awaited<ReturnType<typeof startWaiting>>[]
beforeEach(async () => {
  folder = await makeFolder()
  started = []
})
afterEach(() => started.forEach((child) => child.kill('SIGKILL')))

const waiting = async (name: string) => {
  const child = await startWaiting()
  started.push(child)
  return (await identify(name, child.pid))!
}

/** When a process was asked to end, by its own clock; the order in which a parent hears of ends is another. */
const endOf = (child: (typeof started)[number]): Promise<bigint> =>
  new Promise((resolve) => child.stdout!.once('data', (text: Buffer) => resolve(BigInt(text.toString().trim()))))

/** Writes down these processes as those of the folder. */
async function haveRunning({ supervised }: { supervised: boolean }) {
  const supervisor = await waiting('supervisor')
  const children = [await waiting('postgres'), await waiting('server'), await waiting('node')]
  await writeState(folder, {
    supervisor,
    url: 'http://127.0.0.1:7070',
    inferenceUrl: 'http://127.0.0.1:7071',
    children,
  })
  if (supervised) return { supervisor, children }
  started[0]!.kill('SIGKILL')
  await once(started[0]!, 'exit')
  return { supervisor, children }
}

it.each([[[]], [['--detach']]])('a second up %j is refused with the address of the first', async (options) => {
  const { supervisor, children } = await haveRunning({ supervised: true })

  const { code, stderr } = await evenkeel('up', ...options, '--json', '--folder', folder)

  expect(code).toBe(5)
  expect(JSON.parse(stderr)).toMatchObject({
    error: {
      code: 'cli.already_running',
      why: `process ${supervisor.pid} serves it at http://127.0.0.1:7070`,
      fix: `evenkeel open, or evenkeel down --folder ${folder}`,
    },
  })
  // The log of the first one is not touched.
  await expect(access(join(folder, 'logs/supervisor.log'))).rejects.toThrow('ENOENT')
  expect(await Promise.all(children.map(isRunning))).toEqual([true, true, true])
})

it('what a killed supervisor left is found, and stopped node first and database last', async () => {
  const { children } = await haveRunning({ supervised: false })
  const ends = Promise.all(started.slice(1).map(endOf))
  expect(await refuseWhenInUse(folder)).toEqual(children)

  const { stdout } = await evenkeel('down', '--json', '--folder', folder)

  expect(JSON.parse(stdout)).toEqual({ folder, stopped: children.map(({ name, pid }) => ({ name, pid })) })
  expect(await Promise.all(children.map(isRunning))).toEqual([false, false, false])
  const [postgres, server, node] = await ends
  expect(node! < server! && server! < postgres!).toBe(true)
  expect(await readState(folder)).toBeUndefined()
})

it('a stranger under the number of a dead process is left alone', async () => {
  const stranger = await waiting('stranger')
  const dead = { ...stranger, name: 'server', startedAt: 'before the last boot' }
  const supervisor = { ...dead, name: 'supervisor' }
  await writeState(folder, { supervisor, url: 'http://a', inferenceUrl: 'http://b', children: [dead] })

  expect(await refuseWhenInUse(folder)).toEqual([])
  expect(await stopFolder(folder)).toEqual([])
  expect(await isRunning(stranger)).toBe(true)
})

it('down twice is as good as once', async () => {
  await haveRunning({ supervised: true })

  expect(await stopFolder(folder)).toHaveLength(4)
  expect(await stopFolder(folder)).toEqual([])
})
