import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { makeFolder } from '../testing.ts'
import { identify } from './identity.ts'
import { type LocalState, readState, removeState, stillRunning, writeState } from './state.ts'

let folder: string
let state: LocalState
beforeEach(async () => {
  folder = await makeFolder()
  state = {
    supervisor: { name: 'supervisor', pid: process.pid, startedAt: 'long ago' },
    url: 'http://127.0.0.1:7070',
    inferenceUrl: 'http://127.0.0.1:7071',
    children: [(await identify('server', process.pid))!],
  }
})

it('is read as it was written, by its owner alone, and leaves no other file', async () => {
  await writeState(folder, state)

  expect(await readState(folder)).toEqual(state)
  expect((await stat(join(folder, 'processes.json'))).mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toEqual(['processes.json'])
})

it('knows who of them still runs', async () => {
  expect(await stillRunning(state)).toEqual(state.children)
})

it.each([
  ['cut short by a crash', '{"supervisor": {"na'],
  ['that says something else', '{"pid": 7}'],
])('a file %s reads as nobody', async (_, text) => {
  await writeFile(join(folder, 'processes.json'), text)

  expect(await readState(folder)).toBeUndefined()
})

it('is nobody before the first start and after the last stop', async () => {
  expect(await readState(folder)).toBeUndefined()
  await writeState(folder, state)
  await removeState(folder)
  expect(await readState(folder)).toBeUndefined()
})
