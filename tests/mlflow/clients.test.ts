import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { choosePlace, evenkeel, type Place, placeOptions } from '../faults/platform.ts'
import { missingModules, runScript } from './python.ts'

/** Scripts that also pass against MLflow's own server, and what they import. */
const scripts: Readonly<Record<string, readonly string[]>> = {
  tracking: ['mlflow', 'pandas'],
  registry: ['mlflow'],
  sklearn_autolog: ['mlflow', 'sklearn'],
  system_metrics: ['mlflow', 'psutil'],
  prompts: ['mlflow.genai'],
  traces: ['mlflow.genai'],
  assessments: ['mlflow.genai'],
  webhooks: ['mlflow.entities.webhook'],
  lightgbm_autolog: ['mlflow', 'lightgbm'],
  xgboost_autolog: ['mlflow', 'xgboost'],
  pytorch_autolog: ['mlflow', 'torch', 'lightning'],
}

let place: Place

beforeAll(async () => {
  // A script listens on this machine.
  process.env['EVENKEEL_WEBHOOK_PRIVATE_TARGETS'] = '1'
  place = await choosePlace()
  await evenkeel('up', '--detach', ...placeOptions(place))
})

afterAll(async () => {
  await evenkeel('down', '--folder', place.folder)
  await rm(place.folder, { recursive: true, force: true })
})

for (const [name, modules] of Object.entries(scripts)) {
  const missing = await missingModules(`${name}.py`, modules)
  it.skipIf(missing.length > 0)(`${name}.py runs unmodified`, async () => {
    expect(await runScript(name, { MLFLOW_TRACKING_URI: place.url })).toMatch(/^ok$/m)
  })
}
