import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { choosePlace, evenkeel, type Place, placeOptions } from '../faults/platform.ts'
import { missingModules, runScript } from './python.ts'
import { type Everything, everythingOf, type MlflowServer, startMlflow } from './server.ts'

const missing = await missingModules('the export to a real MLflow server', ['mlflow.genai', 'pandas', 'sklearn'])
const isSkipped = missing.length > 0

let place: Place
let folders: readonly string[]
let [origin, target]: MlflowServer[] = []

beforeAll(async () => {
  if (isSkipped) return
  place = await choosePlace()
  folders = await Promise.all(['origin', 'target'].map((name) => mkdtemp(join(tmpdir(), `evenkeel-mlflow-${name}-`))))
  origin = await startMlflow(folders[0]!)
  target = await startMlflow(folders[1]!)
  await evenkeel('up', '--detach', ...placeOptions(place))
})
afterAll(async () => {
  if (isSkipped) return
  await origin?.stop()
  await target?.stop()
  await evenkeel('down', '--folder', place.folder)
  for (const path of [place.folder, ...folders]) await rm(path, { recursive: true, force: true })
})

type Things = Record<string, { readonly tags: Readonly<Record<string, string>> }>

/** What an export made, under the ids that things had before, without its marks and without the times of its own making. */
function asItWas(everything: Everything): Everything {
  const experiments = Object.values(everything.experiments) as { runs: Things; models: Things }[]
  const ids = experiments.flatMap(({ runs, models }) =>
    Object.entries({ ...runs, ...models }).flatMap(([id, { tags }]) => {
      const was = tags['evenkeel.run_id'] ?? tags['evenkeel.model_id']
      return was === undefined ? [] : [[id, was] as const]
    }),
  )
  const text = JSON.stringify(everything, (key, value: unknown) =>
    /^evenkeel\.|^creation_timestamp$|^last_updated_timestamp$/.test(key) ? undefined : value,
  )
  const renamed = ids.reduce((all, [id, was]) => all.replaceAll(id, was), text)
  return JSON.parse(renamed, (key, value: unknown) =>
    key === 'outputs' && Array.isArray(value) ? value.map(String).toSorted() : value,
  )
}

it.skipIf(isSkipped)(
  'everything goes on to a real MLflow server, and its own client sees no difference',
  async () => {
    for (const script of ['tracking', 'sklearn_autolog', 'prompts', 'nested']) {
      await runScript(script, { MLFLOW_TRACKING_URI: origin!.url })
    }
    await evenkeel('import', 'mlflow', origin!.url, '--url', place.url, '--deleted', '--json')
    const command = ['export', 'mlflow', target!.url, '--url', place.url, '--deleted', '--json']

    const first = await evenkeel(...command)
    const second = await evenkeel(...command)

    expect(JSON.parse(first)).toMatchObject({ same: true, differences: [] })
    expect(JSON.parse(second)).toEqual(JSON.parse(first))
    const [was, here, there] = [
      await everythingOf(origin!.url),
      await everythingOf(place.url),
      await everythingOf(target!.url),
    ]
    expect(Object.keys(was.experiments).length).toBeGreaterThan(1)
    expect(asItWas(there)).toEqual(asItWas(here))
    expect(asItWas(there)).toEqual(asItWas(was))
  },
  600_000,
)
