import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { choosePlace, evenkeel, type Place, placeOptions } from '../faults/platform.ts'
import { missingModules, runScript } from './python.ts'
import { everythingOf, type MlflowServer, startMlflow } from './server.ts'

const missing = await missingModules('the import of a real MLflow server', ['mlflow.genai', 'pandas', 'sklearn'])
const isSkipped = missing.length > 0

let place: Place
let folder: string
let source: MlflowServer

beforeAll(async () => {
  if (isSkipped) return
  place = await choosePlace()
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-mlflow-source-'))
  source = await startMlflow(folder)
  await evenkeel('up', '--detach', ...placeOptions(place))
})
afterAll(async () => {
  if (isSkipped) return
  await source.stop()
  await evenkeel('down', '--folder', place.folder)
  for (const path of [place.folder, folder]) await rm(path, { recursive: true, force: true })
})

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
