import { createClient } from '@evenkeel/client'
import { artifacts, registry, type Reproduction } from '@evenkeel/contract'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Local, startLocal } from './supervisor/index.ts'
import { freePort } from './free-port.ts'
import { evenkeel } from './testing.ts'

// A database, a server and a node are started for this.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const trees = fileURLToPath(new URL('../../numerics/src/imports/fixtures/lightgbm-pandas.txt', import.meta.url))

let folder: string
let project: string
let local: Local
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-reproduce-'))
  const [port, inferencePort] = await Promise.all([freePort(), freePort()])
  local = await startLocal({ folder, port, inferencePort, onProgress: () => undefined })
  project = await mkdtemp(join(tmpdir(), 'evenkeel-project-'))
  await writeProject(project)
  for (const name of ['made', 'told']) await ask('pipeline', 'apply', fileOf(name))
})
afterAll(async () => {
  await local.stop()
  for (const one of [folder, project]) await rm(one, { recursive: true, force: true })
})

const ask = (...args: string[]) => evenkeel(...args, '--url', local.url)
const fileOf = (name: string) => join(project, 'pipelines', `${name}.yaml`)
const models = () => createClient(registry, { baseUrl: local.url })

/** Code of pipelines that "train" a model which was made elsewhere, and register it. */
async function writeProject(to: string): Promise<void> {
  const url = ['--url', local.url]
  // Its gate refuses it: it was judged on nothing.
  expect(await evenkeel('register', trees, '--model', 'elsewhere', ...url)).toMatchObject({ code: 6 })
  const { artifact, golden } = await models().getVersion({ params: { model: 'elsewhere', version: 1 } })
  const files = createClient(artifacts, { baseUrl: local.url })
  const bytes = async (digest: string) => (await files.download({ params: { digest } })).bytes()
  await mkdir(join(to, 'pipelines'), { recursive: true })
  await writeFile(join(to, 'model.onnx'), await bytes(artifact!.digest))
  await writeFile(join(to, 'golden.json'), await bytes(golden!))
  await writeFile(join(to, 'make.mjs'), make)
  await writeFile(join(to, 'tell.mjs'), tell)
  await writeFile(join(to, 'pipelines/made.yaml'), pipeline('made', register))
  await writeFile(join(to, 'pipelines/told.yaml'), pipeline('told', custom))
}

const pipeline = (name: string, last: string) => `
name: ${name}
model: ${name}
params: { how: { type: string, default: exact } }
defaults: { code: [model.onnx, golden.json, make.mjs, tell.mjs] }
steps:
  make:
    params: [how]
    run: ['${process.execPath}', make.mjs]
    outputs: [table, facts, model, golden, baselines, training, evaluation, schema]
  shout:
    needs: [make]
    run: echo "told the world in run $EVENKEEL_RUN_ID" >> ${'$'}EVENKEEL_SUMMARY
${last}`

const inputs = ['model', 'golden', 'baselines', 'training', 'evaluation', 'schema']
const register = `
  register:
    uses: evenkeel/register-model@1
    with: { ${inputs.map((name) => `${name}: '\${{ steps.make.outputs.${name} }}'`).join(', ')} }
  after:
    needs: [register]
    run: echo after
`
const custom = `
  register:
    inputs: { evaluation: '\${{ steps.make.outputs.evaluation }}' }
    run: ['${process.execPath}', tell.mjs]
`

/** Exact, with noise far below the tolerance, or with the time in it. */
const make = `
import { copyFileSync, writeFileSync } from 'node:fs'
const { EVENKEEL_PARAM_HOW: how, EVENKEEL_SEED: seed, EVENKEEL_OUTPUT: values } = process.env
const out = (name) => process.env['EVENKEEL_OUTPUT_' + name.toUpperCase()]
const json = (name, value) => writeFileSync(out(name), JSON.stringify(value))
let state = Number(seed)
const draw = () => (state = (state * 48271) % 2147483647) / 2147483647
const noise = () => (how === 'noisy' ? Math.random() * 1e-9 : 0)
const rows = Array.from({ length: 200 }, (_, at) => [at, draw() + noise()].join(','))
writeFileSync(out('table'), ['row,score', ...rows].join('\\n') + '\\n')
json('facts', { mean: draw() + noise(), ...(how === 'clock' && { made: { at: process.hrtime.bigint().toString() } }) })
copyFileSync('model.onnx', out('model'))
copyFileSync('golden.json', out('golden'))
json('baselines', [])
const [from, until] = ['2001-01-01T00:00:00Z', '2001-02-01T00:00:00Z']
const part = { rowCount: 10, positiveCount: 5 }
json('training', { params: {}, rowCount: 10, positiveShare: 0.5, backtest: null })
json('schema', { dataset: 'd', label: 'y', features: [], featureViews: [], trainFrom: from, trainUntil: until,
  holdoutFrom: from, holdoutUntil: until, train: part, holdout: part })
json('evaluation', { dataset: 'd', holdoutFrom: from, holdoutUntil: until, rowCount: 10, positiveShare: 0.5,
  candidate: { auc: 0.75 }, champion: null, difference: null })
writeFileSync(values, 'mean=' + (0.5 + noise()) + '\\n')
`

/** Registers without declaring what it registers. */
const tell = `
import { readFileSync } from 'node:fs'
const { EVENKEEL_URL: url, EVENKEEL_TOKEN: token, EVENKEEL_RUN_ID: runId } = process.env
const headers = { authorization: 'Bearer ' + token }
const upload = await fetch(url + '/api/v1/artifacts', { method: 'PUT', headers, body: readFileSync('model.onnx') })
const artifact = { ...(await upload.json()), format: 'onnx' }
const evaluation = JSON.parse(readFileSync(process.env.EVENKEEL_INPUT_EVALUATION, 'utf8'))
const lineage = { runId, pipeline: 'told', trigger: null, datasets: [], featureViews: [], trainedFrom: null,
  trainedUntil: null, trainingRowCount: null, commit: 'c0ffee', environment: {} }
const answer = await fetch(url + '/api/v1/models/told/versions', { method: 'POST',
  headers: { ...headers, 'content-type': 'application/json' },
  body: JSON.stringify({ artifact, golden: null, metrics: {}, params: {}, evaluation, baselines: [], lineage, card: '' }) })
const { version } = await answer.json()
if (!answer.ok) throw new Error('refused: ' + answer.status)
console.log('version ' + version)
`

/** Makes a version and answers with its number. */
async function haveVersion(name: string, how: string, ...more: string[]): Promise<number> {
  const run = await ask('run', 'start', name, '--param', `how=${how}`, '--follow', ...more)
  expect(run).toMatchObject({ code: 0 })
  const { items } = await models().listVersions({ params: { model: name }, query: {} })
  return items[0]!.version
}

async function reproduce(...args: string[]): Promise<{ code: number; found: Reproduction }> {
  const { code, stdout, stderr } = await ask('reproduce', ...args, '--json')
  expect(stderr).toBe('')
  return { code, found: JSON.parse(stdout.trim().split('\n').at(-1)!) as Reproduction }
}

const stepsOf = ({ steps }: Reproduction) => Object.fromEntries(steps.map(({ step, sameness }) => [step, sameness]))
const outputOf = ({ steps }: Reproduction, name: string) =>
  steps.flatMap(({ outputs }) => outputs).find(({ output }) => output === name)

it('makes a version again bit by bit, and changes nothing', async () => {
  const version = await haveVersion('made', 'exact')
  const { code, found } = await reproduce(`made@${version}`)

  expect(found).toMatchObject({ verdict: 'identical', says: 'Bit-identical in 2 of 2 steps.', surroundings: [] })
  expect(found).toMatchObject({ modelFile: { sameness: 'identical' }, seed: expect.any(Number) })
  expect(code).toBe(0)
  expect(stepsOf(found)).toEqual({
    make: 'identical',
    shout: 'identical',
    register: 'not_repeated',
    after: 'not_repeated',
  })
  const { items } = await models().listVersions({ params: { model: 'made' }, query: {} })
  expect(items.map((one) => one.version)).toEqual([version])
  const shown = await ask('reproduce', '--follow', found.id.slice(0, 13))
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining(`made@${version}  Bit-identical in 2 of 2`) })
})

it('calls numbers equal that are as near as the tolerance asks, and no nearer', async () => {
  const version = await haveVersion('made', 'noisy')
  const near = await reproduce(`made@${version}`)
  const exact = await reproduce(`made@${version}`, '--tolerance', '1e-14')

  expect(near.found).toMatchObject({ verdict: 'equal', tolerance: 1e-6 })
  expect(near.code).toBe(0)
  expect(outputOf(near.found, 'table')).toMatchObject({
    sameness: 'equal',
    says: expect.stringMatching(/^Values are at most \d.*e-10 apart, in the column "score"\.$/),
  })
  expect(outputOf(near.found, 'facts')!.says).toMatch(/^Numbers are at most .* apart, at \$\.mean\.$/)
  expect(exact.found.verdict).toBe('differs')
  expect(exact.code).toBe(5)
  expect(outputOf(exact.found, 'table')!.says).toMatch(
    /^Row 1, column "score": ".*" and ".*"\. 200 of 200 rows differ\.$/,
  )
})

it('says what differs, and where first', async () => {
  const version = await haveVersion('made', 'clock')
  const { code, found } = await reproduce(`made@${version}`)
  const list = await ask('reproduce', `made@${version}`, '--list')

  expect(code).toBe(5)
  expect(found).toMatchObject({ verdict: 'differs', says: expect.stringContaining('1 of 2 steps differ, make first.') })
  expect(outputOf(found, 'facts')!.says).toMatch(/^\$\.made\.at: "\d+" and "\d+"\.$/)
  expect(outputOf(found, 'table')).toMatchObject({ sameness: 'identical' })
  expect(list.stdout).toContain('differs  1 of 2 steps differ, make first.')
})

it('makes again what a release made, and says so', async () => {
  expect(await ask('release', 'made', '--allow-dirty')).toMatchObject({ code: 0 })
  expect(await ask('promote-pipeline', 'made', '--to', 'staging')).toMatchObject({ code: 0 })
  const version = await haveVersion('made', 'exact', '--environment', 'staging', '--no-cache')
  const { code, found } = await reproduce(`made@${version}`)

  expect(found).toMatchObject({ isReleased: true, verdict: 'identical' })
  expect(code).toBe(0)
})

it('lets a step that registers by itself believe it did, and compares what it would have registered', async () => {
  const version = await haveVersion('told', 'exact')
  const { found } = await reproduce(`told@${version}`)
  const narrow = await reproduce(`told@${version}`, '--without', 'shout')

  expect(found).toMatchObject({ verdict: 'identical', modelFile: { sameness: 'identical' } })
  expect(stepsOf(found)).toMatchObject({ register: 'identical' })
  expect(stepsOf(narrow.found)).toMatchObject({ shout: 'not_repeated', register: 'identical' })
  const { items } = await models().listVersions({ params: { model: 'told' }, query: {} })
  expect(items).toHaveLength(1)
})

it('refuses a version that no run has made', async () => {
  const { code, stderr } = await ask('reproduce', 'elsewhere@1')

  expect(code).toBe(2)
  expect(stderr).toContain('It was made elsewhere, and no run of a pipeline is known that made it.')
})
