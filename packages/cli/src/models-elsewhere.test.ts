import { createClient } from '@evenkeel/client'
import { artifacts } from '@evenkeel/contract'
import { execFileSync } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Local, startLocal } from './supervisor/index.ts'
import { freePort } from './free-port.ts'
import { evenkeel } from './testing.ts'

// A database, a server and a node are started for this.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const fixture = (name: string) => fileURLToPath(new URL(`../../numerics/src/imports/fixtures/${name}`, import.meta.url))

let folder: string
let local: Local
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-elsewhere-'))
  const [port, inferencePort] = await Promise.all([freePort(), freePort()])
  local = await startLocal({ folder, port, inferencePort, onProgress: () => undefined })
})
afterAll(async () => {
  await local.stop()
  await rm(folder, { recursive: true, force: true })
})

const post = (path: string, body: unknown) =>
  fetch(`${local.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

/** What a client of MLflow leaves behind that logs a LightGBM model and registers it. */
async function registerAsMlflow(): Promise<void> {
  const files = createClient(artifacts, { baseUrl: local.url })
  const put = async (path: string, bytes: Uint8Array) =>
    files.putFile({
      query: { path: `0/models/churn/${path}` },
      file: new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(),
    })
  await put('MLmodel', Buffer.from('flavors:\n  lightgbm:\n    data: model.lgb\n  python_function: {}\n'))
  await put('model.lgb', await readFile(fixture('lightgbm-pandas.txt')))
  await post('/api/2.0/mlflow/registered-models/create', { name: 'churn' })
  const source = 'mlflow-artifacts:/0/models/churn'
  expect((await post('/api/2.0/mlflow/model-versions/create', { name: 'churn', source })).status).toBe(200)
}

it('serves what a client of MLflow registered, as the library itself predicts', async () => {
  await registerAsMlflow()
  const evaluation = join(folder, 'evaluation.json')
  await writeFile(evaluation, JSON.stringify(heldOut))
  const url = ['--url', local.url]

  const registered = await evenkeel('register', 'churn@1', '--evaluation', evaluation, ...url)
  expect(registered).toMatchObject({ code: 0, stdout: expect.stringContaining('churn@2 is passed') })
  await evenkeel('api', 'PUT', '/api/v1/endpoints/churn', '{"environment":"staging","model":"churn"}', ...url)
  expect(await evenkeel('deploy', 'churn@2', '--endpoint', 'churn', '--canary', '0', '--wait', ...url)).toMatchObject({
    code: 0,
  })

  const { columns, expected } = JSON.parse(await readFile(fixture('lightgbm-pandas.expected.json'), 'utf8'))
  const inputs = Object.entries(columns as Record<string, (number | string | null)[]>).map(([name, values]) => ({
    name,
    datatype: name === 'colour' ? 'BYTES' : 'FP32',
    shape: [values.length, 1],
    data: name === 'colour' ? values.map((value) => value ?? '') : values,
  }))
  const answer = await fetch(`${local.inferenceUrl}/v2/models/churn/infer`, {
    method: 'POST',
    body: JSON.stringify({ inputs }),
  })
  const { outputs } = (await answer.json()) as { outputs: { data: number[] }[] }
  const furthest = Math.max(...outputs[0]!.data.map((value, at) => Math.abs(value - expected[at])))
  expect(furthest).toBeLessThan(1e-5)

  const { stdout } = await evenkeel('model', 'diff', 'churn@1', 'churn@2', '--json', ...url)
  expect(JSON.parse(stdout).differences).toContainEqual({
    part: 'metrics',
    name: 'auc',
    before: null,
    after: 0.81,
    change: null,
    better: null,
  })
})

const heldOut = {
  dataset: 'churn',
  holdoutFrom: '2026-05-01T00:00:00Z',
  holdoutUntil: '2026-06-01T00:00:00Z',
  rowCount: 20_000,
  positiveShare: 0.4,
  candidate: { auc: 0.81 },
  champion: null,
  difference: null,
}

it('says why a model cannot be registered, and registers nothing', async () => {
  const url = ['--url', local.url]
  const pickle = join(folder, 'model.pkl')
  await writeFile(pickle, Buffer.from('800495050000000000000028', 'hex'))
  const refused = await evenkeel('register', pickle, '--model', 'pickled', ...url)
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('may run any code when it is loaded') })

  expect(await evenkeel('register', 'nowhere.txt', '--model', 'x', ...url)).toMatchObject({ code: 2 })
  const nameless = await evenkeel('register', fixture('lightgbm-binary.txt'), ...url)
  expect(nameless).toMatchObject({ code: 2, stderr: expect.stringContaining('The model has no name') })
  const { stdout } = await evenkeel('model', 'list', '--json', ...url)
  expect(JSON.parse(stdout).items.map(({ name }: { name: string }) => name)).not.toContain('pickled')
})

it('refuses a version that nobody evaluated, and says what to do', async () => {
  const { code, stdout } = await evenkeel(
    'register',
    fixture('xgboost-ubj.ubj'),
    '--model',
    'risky',
    '--url',
    local.url,
  )

  expect(code).toBe(6)
  expect(stdout).toContain('It came without an evaluation on held-out rows')
  expect(stdout).toContain('/api/v1/models/risky/versions/1/override-gate')
})

const weights = fileURLToPath(new URL('../../contract/src/inspection/fixtures/linear.safetensors', import.meta.url))

/** A folder as the cache of Hugging Face holds it: links to files, and names that nobody is to see. */
async function huggingFace(name: string): Promise<string> {
  const snapshot = join(folder, name)
  await mkdir(join(snapshot, '.cache'), { recursive: true })
  await writeFile(join(snapshot, '.cache/lock'), '')
  await symlink(weights, join(snapshot, 'model.safetensors'))
  await symlink(join(folder, 'nowhere'), join(snapshot, 'gone.bin'))
  await writeFile(join(snapshot, 'config.json'), '{"architectures":["LinearForMails"]}')
  await writeFile(join(snapshot, 'README.md'), '---\nlicense: mit\n---\n# Mails\n\nTells angry from happy mails.\n')
  return snapshot
}

it('keeps a folder of Hugging Face as a version, which MLflow finds and a download brings back', async () => {
  const url = ['--url', local.url]
  const snapshot = await huggingFace('snapshot')
  const dry = await evenkeel('register', snapshot, '--dry-run', '--json', ...url)
  expect(JSON.parse(dry.stdout)).toMatchObject({ says: expect.stringContaining('for LinearForMails') })

  const first = await evenkeel('register', snapshot, '--model', 'mails', '--metric', 'f1=0.9', ...url)
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('mails@1 is safetensors: 2 tensors') })
  expect(first.stderr).toContain('sending model.safetensors')
  // Sent once, registered once.
  const again = await evenkeel('register', snapshot, '--model', 'mails', ...url)
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('mails@1') })
  expect(again.stderr).not.toContain('sending')

  const uriAnswer = await fetch(`${local.url}/api/2.0/mlflow/model-versions/get-download-uri?name=mails&version=1`)
  const { artifact_uri: uri } = (await uriAnswer.json()) as { artifact_uri: string }
  const listing = `${local.url}/api/2.0/mlflow-artifacts/artifacts?path=${uri.replace('mlflow-artifacts:/', '')}`
  const { files } = (await (await fetch(listing)).json()) as { files: { path: string }[] }
  expect(files.map(({ path }) => path).toSorted()).toEqual(['README.md', 'config.json', 'model.safetensors'])

  const to = join(folder, 'mails')
  expect(await evenkeel('model', 'download', 'mails@1', '--to', to, ...url)).toMatchObject({ code: 0 })
  expect(await readFile(join(to, 'files/model.safetensors'))).toEqual(await readFile(weights))
  expect(await readFile(join(to, 'README.md'), 'utf8')).toContain('Tells angry from happy mails.')
})

it('never serves weights, and says what to do; nor takes files out of their folder', async () => {
  const url = ['--url', local.url]
  expect(await evenkeel('register', weights, '--model', 'alone', ...url)).toMatchObject({ code: 0 })
  await evenkeel('api', 'PUT', '/api/v1/endpoints/alone', '{"environment":"staging","model":"alone"}', ...url)
  const deployed = await evenkeel('deploy', 'alone@1', '--endpoint', 'alone', ...url)
  expect(deployed).toMatchObject({ stderr: expect.stringContaining('The version has no ONNX file') })
  const again = await evenkeel('register', 'alone@1', ...url)
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('alone@1 is a folder of weights') })

  const stored = createClient(artifacts, { baseUrl: local.url })
  const bytes = (await readFile(weights)) as Uint8Array<ArrayBuffer>
  const file = await stored.upload({ query: {}, file: new Blob([bytes]).stream() })
  const files = [{ path: '../../0/models/churn/x.safetensors', ...file }]
  const answer = await post('/api/v1/models/alone/versions/from-files', { files, card: null, metrics: {}, params: {} })
  expect(await answer.json()).toMatchObject({ code: 'artifacts.bad_path' })
})

const python = process.env['PYTHON_MODELS'] ?? 'python3'

/** Whether a Python has these modules; prints what it lacks, so that a skip is seen. */
function hasModules(what: string, modules: readonly string[]): boolean {
  const code = `import importlib.util as u; print(*[m for m in ${JSON.stringify(modules)} if u.find_spec(m) is None])`
  const missing = missingBy(code)
  if (missing) process.stderr.write(`SKIPPED ${what}: ${python} ${missing}; set PYTHON_MODELS\n`)
  return missing === undefined
}

function missingBy(code: string): string | undefined {
  try {
    const missing = execFileSync(python, ['-c', code]).toString().trim()
    return missing === '' ? undefined : `has no ${missing}`
  } catch {
    return 'cannot be started'
  }
}

const hasTrees = hasModules('trees out of a pickle', ['lightgbm', 'sklearn'])
const hasConverter = hasModules('scikit-learn as ONNX', ['sklearn', 'joblib', 'pandas', 'skl2onnx', 'onnx'])

it.runIf(hasTrees)('reads the trees in a pickle of a folder of MLflow', async () => {
  const logged = join(folder, 'logged')
  await mkdir(logged)
  await writeFile(join(logged, 'MLmodel'), 'flavors:\n  lightgbm:\n    data: model.pkl\n  python_function: {}\n')
  const pickle = new URL('../../contract/src/inspection/fixtures/lightgbm.pkl', import.meta.url)
  await copyFile(pickle, join(logged, 'model.pkl'))

  const how = ['--model', 'logged', '--python', python, '--dry-run', '--json', '--url', local.url]
  const { code, stdout, stderr } = await evenkeel('register', logged, ...how)

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({
    format: 'lightgbm',
    treeCount: 1,
    golden: expect.stringMatching(/^sha256:/),
    signature: { outputs: [{ name: 'probability' }] },
  })
})

/** A pipeline with numbers, missing ones and texts, its held-out rows, and what it predicts for one. */
const training = `
import sys, joblib, numpy, pandas
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
random = numpy.random.default_rng(7)
X = pandas.DataFrame({"age": random.normal(40, 9, 300), "colour": random.choice(["red", "green", "blue"], 300)})
X.loc[::9, "age"] = numpy.nan
y = numpy.where((X["age"] > 45) | (X["colour"] == "red"), "leaves", "stays")
columns = ColumnTransformer([("n", SimpleImputer(), ["age"]), ("t", OneHotEncoder(handle_unknown="ignore"), ["colour"])])
model = make_pipeline(columns, RandomForestClassifier(5, max_depth=4, random_state=1)).fit(X, y)
joblib.dump(model, sys.argv[1] + "/churn.joblib", compress=3)
X[:50].to_csv(sys.argv[1] + "/rows.csv", index=False)
print(model.predict_proba(pandas.DataFrame({"age": [44.0], "colour": ["blue"]}))[0, 1])
`

it.runIf(hasConverter)(
  'serves a pipeline of scikit-learn out of a pickle, as the library itself predicts',
  async () => {
    const predicted = Number(execFileSync(python, ['-c', training, folder]).toString())
    const [pickle, sample] = [join(folder, 'churn.joblib'), join(folder, 'rows.csv')]
    const evaluation = join(folder, 'evaluation.json')
    await writeFile(evaluation, JSON.stringify(heldOut))
    const url = ['--url', local.url]

    const how = ['--python', python, '--sample', sample, '--evaluation', evaluation, ...url]
    const registered = await evenkeel('register', pickle, '--model', 'leaving', ...how)
    expect(registered).toMatchObject({ code: 0, stdout: expect.stringContaining('leaving@1 is passed') })
    expect(registered.stderr).toMatch(/loading it in (bubblewrap|namespaces|a separate process)/)
    expect(registered.stderr).toContain('agrees with the model on 50 rows of the sample')
    await evenkeel('api', 'PUT', '/api/v1/endpoints/leaving', '{"environment":"staging","model":"leaving"}', ...url)
    // The node compares with the golden rows before it serves.
    const deployed = await evenkeel('deploy', 'leaving@1', '--endpoint', 'leaving', '--canary', '0', '--wait', ...url)
    expect(deployed).toMatchObject({ code: 0 })

    const input = (name: string, datatype: string, value: unknown) => ({ name, datatype, shape: [1, 1], data: [value] })
    const answer = await fetch(`${local.inferenceUrl}/v2/models/leaving/infer`, {
      method: 'POST',
      body: JSON.stringify({ inputs: [input('age', 'FP32', 44), input('colour', 'BYTES', 'blue')] }),
    })
    const { outputs } = (await answer.json()) as { outputs: { name: string; data: number[] }[] }
    expect(outputs.map(({ name }) => name)).toEqual(['probability'])
    expect(outputs[0]!.data[0]).toBeCloseTo(predicted, 5)

    const { stdout } = await evenkeel('model', 'get', 'leaving@1', '--json', ...url)
    const version = JSON.parse(stdout)
    expect(version).toMatchObject({ params: { classes: 'leaves, stays' }, golden: expect.stringMatching(/^sha256:/) })
    expect(version.lineage.environment).toMatchObject({ format: 'pickle', 'scikit-learn': expect.any(String) })
  },
)
