import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { choosePlace, evenkeel, freePort, type Place, placeOptions, until } from '../faults/platform.ts'
import { missingModules, python, runScript } from './python.ts'

const missing = await missingModules('the import of a real MLflow server', ['mlflow.genai', 'pandas', 'sklearn'])
const isSkipped = missing.length > 0

let place: Place
let folder: string
let source: { readonly url: string; readonly process: ChildProcess }

beforeAll(async () => {
  if (isSkipped) return
  place = await choosePlace()
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-mlflow-source-'))
  source = await startMlflow()
  await evenkeel('up', '--detach', ...placeOptions(place))
})
afterAll(async () => {
  if (isSkipped) return
  // The server is a family of processes.
  process.kill(-source.process.pid!, 'SIGTERM')
  if (source.process.exitCode === null) await once(source.process, 'exit')
  await evenkeel('down', '--folder', place.folder)
  for (const path of [place.folder, folder]) await rm(path, { recursive: true, force: true })
})

/** MLflow's own server, as its manual starts it. */
async function startMlflow() {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const stores = ['--backend-store-uri', `sqlite:///${folder}/mlflow.db`, '--artifacts-destination', `${folder}/files`]
  const args = ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1', ...stores]
  const child = spawn(python, args, { cwd: folder, stdio: 'ignore', detached: true })
  await until('the MLflow server', () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return { url, process: child }
}

const everythingOf = async (url: string) => {
  const text = await runScript('everything', { MLFLOW_TRACKING_URI: url })
  return JSON.parse(text.trim().split('\n').at(-1)!) as Record<'experiments' | 'models' | 'prompts', object>
}

it.skipIf(isSkipped)(
  'everything of a real MLflow server comes over, and its own client sees no difference',
  async () => {
    for (const script of ['tracking', 'sklearn_autolog', 'prompts']) {
      await runScript(script, { MLFLOW_TRACKING_URI: source.url })
    }
    const command = ['import', 'mlflow', source.url, '--url', place.url, '--deleted', '--json']

    const first = await evenkeel(...command)
    const second = await evenkeel(...command)

    expect(JSON.parse(first)).toMatchObject({ same: true, differing: 0 })
    expect(JSON.parse(second)).toEqual(JSON.parse(first))
    const [there, here] = [await everythingOf(source.url), await everythingOf(place.url)]
    expect(Object.keys(there.experiments).length).toBeGreaterThan(1)
    expect(Object.keys(there.models).length).toBeGreaterThan(0)
    expect(here).toEqual(there)
  },
  600_000,
)
