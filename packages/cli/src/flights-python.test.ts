import { execFile, execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { loadPipelines } from './pipeline/load.ts'

// Each script loads half a dozen large packages.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 })

const example = fileURLToPath(new URL('../../../examples/flights-python', import.meta.url))

/** The packages that the Python of this machine has; the real environment takes a download of minutes. */
function lacks(...packages: readonly string[]): string[] {
  const ask = `import importlib.util as u; print(*[p for p in ${JSON.stringify(packages)} if not u.find_spec(p)])`
  try {
    return execFileSync('python3', ['-c', ask], { encoding: 'utf8' }).split(/\s+/).filter(Boolean)
  } catch {
    return ['python3']
  }
}
const missing = lacks('pandas', 'sklearn', 'lightgbm', 'joblib')
const title = missing.length > 0 ? `(NOT TESTED: this machine lacks ${missing.join(', ')})` : ''
const withoutOnnx = missing.length > 0 ? missing : lacks('onnx', 'onnxmltools', 'onnxruntime')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-flights-python-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (script: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}) =>
  promisify(execFile)('python3', ['-W', 'ignore', join(example, 'src', script), ...args], {
    cwd: folder,
    env: { ...process.env, ...variables },
  })

/** Two thousand real flights of January to March 2001. */
async function writeFlights(): Promise<void> {
  const source = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/flights-2k.json')
  const flights = JSON.parse(await readFile(source, 'utf8')) as Record<string, string | number>[]
  const columns = ['date', 'delay', 'distance', 'origin', 'destination']
  const lines = flights.map((flight) => columns.map((column) => String(flight[column]).replaceAll('/', '-')).join(','))
  await writeFile(join(folder, 'flights.csv'), [columns.join(','), ...lines].join('\n'))
}

it('is a pipeline without mistakes, with its packages pinned', async () => {
  const [loaded] = loadPipelines(join(example, 'pipelines/flights-python.yaml'), { hash: true })

  expect(loaded!.findings).toEqual([])
  const runtimes = loaded!.pipeline!.spec.steps.map(({ runtime }) => runtime?.lock.path)
  expect(new Set(runtimes)).toEqual(new Set(['requirements.txt']))
  const requirements = (await readFile(join(example, 'requirements.txt'), 'utf8')).trim().split('\n')
  expect(requirements.filter((line) => !/^[a-z0-9-]+==[\w.]+$/.test(line))).toEqual([])
})

it.skipIf(missing.length > 0)(`learns from real flights, judges and keeps the better model ${title}`, async () => {
  await writeFlights()
  await mkdir(join(folder, 'models'))
  const outputs = ['--train=train', '--judge=judge', '--airports=airports']
  const prepared = await run('prepare.py', ['flights.csv', '--until=2001-03-01T00:00:00Z', '--rows=5000', ...outputs])
  for (const learner of ['lightgbm', 'sklearn']) {
    const settings = [`--learner=${learner}`, '--trees=20', '--learning-rate=0.1', `--model=models/${learner}`]
    await run('train.py', ['train', ...settings])
  }
  const files = { METRICS: 'metrics.jsonl', OUTPUT: 'output', SUMMARY: 'summary.md' }
  const variables = Object.fromEntries(Object.entries(files).map(([name, file]) => [`EVENKEEL_${name}`, file]))
  await run('evaluate.py', ['judge', 'models', '--best=best'], variables)

  expect(prepared.stdout).toMatch(/^1,\d{3} of 1,\d{3} flights to learn from, \d{3} to judge by/)
  const read = (file: string) => readFile(join(folder, file), 'utf8')
  const metrics = (await read('metrics.jsonl')).trim().split('\n')
  const aucs = metrics.map((line) => JSON.parse(line)).filter(({ name }) => name === 'auc')
  expect(new Set(aucs.map(({ labels }) => labels.learner))).toEqual(new Set(['lightgbm', 'sklearn']))
  expect(Math.max(...aucs.map(({ value }) => Number(value)))).toBeGreaterThan(0.52)
  expect(await read('output')).toMatch(/^learner=(lightgbm|sklearn)\nauc=0\.\d{6}\n$/)
  expect(await read('summary.md')).toContain('| learner | AUC | log loss | Brier |')
})

const onnxTitle = withoutOnnx.length > 0 ? `(NOT TESTED: this machine lacks ${withoutOnnx.join(', ')})` : ''

it.skipIf(withoutOnnx.length > 0)(`exports what says the same as ONNX ${onnxTitle}`, async () => {
  const { stdout } = await run('export.py', ['best', 'judge', '--onnx=model.onnx'])

  expect(stdout).toMatch(/differs by at most [\d.]+e-\d+ on \d+ flights/)
})
