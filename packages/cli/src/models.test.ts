import { createClient } from '@evenkeel/client'
import { artifacts } from '@evenkeel/contract'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { freePort } from './free-port.ts'
import { type Local, startLocal } from './supervisor/index.ts'
import { evenkeel, makeFolder } from './testing.ts'

// A database, a server and a node are started for this.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 })

const fixture = (name: string) => fileURLToPath(new URL(`../../numerics/src/imports/fixtures/${name}`, import.meta.url))
const program = fileURLToPath(new URL('../bin/evenkeel.js', import.meta.url))
const python = process.env['PYTHON_MLFLOW'] ?? 'python3'
const run = promisify(execFile)

let folder: string
let local: Local
let url: readonly string[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-model-folder-'))
  const [port, inferencePort] = await Promise.all([freePort(), freePort()])
  local = await startLocal({ folder, port, inferencePort, onProgress: () => undefined })
  url = ['--url', local.url]
  await logWithMlflow()
  await expectOk('register', 'churn@1', '--metric', 'auc=0.81')
  await expectOk('api', 'POST', '/api/v1/models/churn/versions/2/override-gate', '{"reason":"a test stands for it"}')
})
afterAll(async () => {
  await local.stop()
  await rm(folder, { recursive: true, force: true })
})

async function expectOk(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await evenkeel(...args, ...url)
  // A version that nobody evaluated is refused by its gate, which is no mistake here.
  expect({ args, code: code === 6 ? 0 : code, stderr }).toEqual({ args, code: 0, stderr: expect.any(String) })
  return stdout
}

const mlModel = `flavors:
  lightgbm:
    data: model.lgb
signature:
  inputs: '[{"type": "double", "name": "hour"}, {"type": "string", "name": "carrier"}]'
`

/** What a client of MLflow leaves behind that logs a LightGBM model and registers it. */
async function logWithMlflow(): Promise<void> {
  const files = createClient(artifacts, { baseUrl: local.url })
  const put = (path: string, bytes: Uint8Array) =>
    files.putFile({ query: { path: `0/models/churn/${path}` }, file: new Blob([bytes as Uint8Array<ArrayBuffer>]) })
  await put('MLmodel', Buffer.from(mlModel))
  await put('model.lgb', await readFile(fixture('lightgbm-pandas.txt')))
  const post = (path: string, body: unknown) =>
    fetch(`${local.url}/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await post('registered-models/create', { name: 'churn' })
  await post('model-versions/create', { name: 'churn', source: 'mlflow-artifacts:/0/models/churn' })
}

describe('a download', () => {
  it('is a folder whose every file is what it should be', async () => {
    const to = join(await makeFolder(), 'deep/churn')

    const { files, ...said } = JSON.parse(await expectOk('model', 'download', 'churn@2', '--to', to, '--json'))

    expect(said).toEqual({ model: 'churn', version: 2, folder: to })
    for (const { path, digest, sizeBytes } of files) {
      const bytes = await readFile(join(to, path))
      expect([`sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes.length]).toEqual([digest, sizeBytes])
    }
    expect((await readdir(to)).toSorted()).toEqual([
      'README.md',
      'SHA256SUMS',
      'golden.json',
      'model.onnx',
      'request.json',
      'signature.json',
      'version.json',
    ])
    await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: to })
    expect(await readdir(join(to, '..'))).toEqual(['churn'])
  })

  it('has what MLflow logged, and says so to a person', async () => {
    const to = join(await makeFolder(), 'logged')

    const said = await expectOk('model', 'download', 'models:/churn/1', '--to', to)

    expect(said).toContain(`churn@1 is in ${to}: 4 files`)
    expect(said).toContain('evenkeel model snippets churn@1 --lang mlflow')
    expect(await readFile(join(to, 'mlflow/MLmodel'), 'utf8')).toBe(mlModel)
  })

  it('overwrites nothing', async () => {
    const to = await makeFolder()
    await writeFile(join(to, 'mine'), 'mine')

    const { code, stderr } = await evenkeel('model', 'download', 'churn@2', '--to', to, ...url)

    expect(code).toBe(5)
    expect(stderr).toContain('is there already')
    expect(await readdir(to)).toEqual(['mine'])
  })

  it('leaves nothing behind of a version that arrives damaged', async () => {
    const parent = await makeFolder()
    const proxy = await between((bytes) => Buffer.from(bytes.toString('latin1').replace('# ', '! '), 'latin1'))

    const changed = await evenkeel('model', 'download', 'churn@2', '--to', join(parent, 'x'), '--url', proxy.url)
    proxy.change = (bytes) => bytes.subarray(0, bytes.length / 2)
    const cut = await evenkeel('model', 'download', 'churn@2', '--to', join(parent, 'x'), '--url', proxy.url)

    expect(changed).toMatchObject({ code: 1, stderr: expect.stringContaining('is not what SHA256SUMS says') })
    expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining('cut short') })
    expect(await readdir(parent)).toEqual([])
  })

  it('starts anew after it was killed', async () => {
    const parent = await makeFolder()
    const proxy = await between((bytes) => bytes.subarray(0, bytes.length / 2), { stall: true })
    const args = ['model', 'download', 'churn@2', '--to', join(parent, 'x')]
    const child = spawn(process.execPath, [program, ...args, '--url', proxy.url], { stdio: 'ignore' })
    await vi.waitUntil(async () => (await readdir(parent)).length > 0, 30_000)

    await kill(child)
    const left = await readdir(parent)
    await expectOk(...args)

    expect(left).toEqual([`.x.partial-${child.pid}`])
    expect(await readdir(parent)).toEqual(['x'])
  })
})

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** A proxy in front of the server that changes archives on their way; stalled, it never ends them. */
async function between(change: (bytes: Buffer) => Buffer, { stall = false } = {}) {
  const proxy = { url: '', change }
  const server = createServer((request, response) => {
    void fetch(`${local.url}${request.url}`).then(async (answer) => {
      const bytes = Buffer.from(await answer.arrayBuffer())
      const type = answer.headers.get('content-type') ?? ''
      if (type !== 'application/x-tar') return response.writeHead(answer.status, { 'content-type': type }).end(bytes)
      response.writeHead(answer.status, { 'content-type': type }).write(proxy.change(bytes))
      return stall ? undefined : response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return proxy
}

describe('a snippet', () => {
  const snippet = (language: string, name = 'churn@2') => expectOk('model', 'snippets', name, '--lang', language)
  const hasPython = (module: string) =>
    run(python, ['-c', `import importlib.util, sys; sys.exit(importlib.util.find_spec("${module}") is None)`]).then(
      () => true,
      () => false,
    )
  /** As in `probability [0.1, 0.9]`. */
  const numbersIn = (text: string) => JSON.parse(/\[.*\]/.exec(text)![0]) as number[]

  const trainersAnswer = (code: string) =>
    numbersIn(/the trainer's answer: (.*)/.exec(code)![1]!).map((value) => expect.closeTo(value, 5) as number)

  it('is missing with a reason as long as nothing serves the version', async () => {
    const refused = await evenkeel('model', 'snippets', 'churn@2', '--lang', 'curl', ...url)

    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('No endpoint serves version 2 now') })
    expect(refused.stderr).toContain('evenkeel model snippets churn@2 --lang onnxruntime')
    const ofMlflow = await evenkeel('model', 'snippets', 'churn@1', '--lang', 'curl', ...url)
    expect(ofMlflow).toMatchObject({ code: 3, stderr: expect.stringContaining('evenkeel register churn@1') })
  })

  describe('for an endpoint', () => {
    beforeAll(async () => {
      await expectOk('api', 'PUT', '/api/v1/endpoints/churn-live', '{"environment":"staging","model":"churn"}')
      await expectOk('deploy', 'churn@2', '--endpoint', 'churn-live', '--canary', '0', '--wait')
    })

    it('of curl gets the answer that the trainer gave', async () => {
      const code = await snippet('curl')

      const { stdout } = await run('sh', ['-c', code])

      expect(JSON.parse(stdout).outputs[0].data).toEqual(trainersAnswer(code))
    })

    it('of Python gets the answer that the trainer gave', async () => {
      const code = await snippet('python')

      const { stdout } = await run(python, ['-c', code])

      expect(numbersIn(stdout)).toEqual(trainersAnswer(code))
    })

    it('of Node gets the answer that the trainer gave', async () => {
      const code = await snippet('node')
      const file = join(await makeFolder(), 'use.mjs')
      await writeFile(file, code)

      const { stdout } = await run(process.execPath, [file])

      expect(numbersIn(stdout)).toEqual(trainersAnswer(code))
    })
  })

  it('of onnxruntime gets the answer that the trainer gave', async (test) => {
    const code = await snippet('onnxruntime')
    const cwd = await makeFolder()
    await expectOk('model', 'download', 'churn@2', '--to', join(cwd, 'churn-2'))
    await run(python, ['-c', 'import sys; compile(sys.argv[1], "use.py", "exec")', code])
    if (!(await hasPython('onnxruntime'))) return skip(test, 'onnxruntime')

    const { stdout } = await run(python, ['-c', code], { cwd })

    expect(numbersIn(stdout)).toEqual(trainersAnswer(code))
    return undefined
  })

  it('of MLflow loads the files and predicts', async (test) => {
    const code = await snippet('mlflow', 'churn@1')
    await run(python, ['-c', 'import sys; compile(sys.argv[1], "use.py", "exec")', code])
    expect(code).toContain(`mlflow.pyfunc.load_model("models:/churn/1")`)
    expect(code).toContain(`columns=["hour", "carrier"]).astype({"hour": "float64", "carrier": "str"})`)
    if (!(await hasPython('mlflow')) || !(await hasPython('sklearn'))) return skip(test, 'mlflow and scikit-learn')

    await run(python, ['-c', logLinearModel, local.url])
    const { stdout } = await run(python, ['-c', await snippet('mlflow', 'linear@1')])

    expect(parseFloat(stdout.slice(1))).toBeCloseTo(7, 6)
    return undefined
  })
})

describe('a card', () => {
  const card = (...args: string[]) => evenkeel('model', 'card', 'churn@2', ...args, ...url)

  it('is written from a file, kept with every revision, and read as it was', async () => {
    const file = join(await makeFolder(), 'README.md')
    await writeFile(file, '---\nlicense: mit\n---\n# Churn\n\nWho leaves.\n')
    const before = await expectOk('model', 'card', 'churn@2', '--revision', '0')

    expect(await card('--file', file, '--reason', 'says whose')).toMatchObject({
      code: 0,
      stdout: 'the card of churn@2 is revision 1\n',
    })
    expect(await card('--file', file)).toMatchObject({ stdout: 'the card of churn@2 is that already\n' })
    expect(await expectOk('model', 'card', 'churn@2')).toMatch(/Who leaves\.\n\n## Decisions/)
    expect(await expectOk('model', 'card', 'churn@2', '--revision', '0')).toBe(before)
    expect(await expectOk('model', 'card', 'churn@2', '--history')).toMatch(/1 .*local .*says whose\n0 .*registered/)
    const toolkit = JSON.parse(await expectOk('model', 'card', 'churn@2', '--format', 'mct'))
    expect(toolkit).toMatchObject({ schema_version: '0.0.2', model_details: { licenses: [{ identifier: 'mit' }] } })
  })

  it('names the line of what Hugging Face would not understand', async () => {
    const file = join(await makeFolder(), 'README.md')
    await writeFile(file, '---\ntags: [a]\nlicense: Apache 2.0\n---\n')

    const refused = await card('--file', file)

    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('line 3: license: use lower case') })
    expect(await card('--file', join(file, 'nowhere'))).toMatchObject({ code: 2 })
    expect(await card('--edit', '--history')).toMatchObject({ code: 2 })
  })

  it('is opened in the editor; what somebody else saved meanwhile is not lost, nor is the text', async () => {
    const folder = await makeFolder()
    const editor = (script: string) => vi.stubEnv('VISUAL', `sh -c '${script}' sh`)
    onTestFinished(() => void vi.unstubAllEnvs())
    editor('echo Mine. >> "$1"')
    expect(await card('--edit', '--reason', 'mine')).toMatchObject({ code: 0 })
    expect(await expectOk('model', 'card', 'churn@2')).toContain('Mine.')

    const put = `${process.execPath} ${program} model card churn@2 --file ${folder}/theirs ${url.join(' ')}`
    await writeFile(join(folder, 'theirs'), '# Theirs\n')
    editor(`${put}; echo Lost? >> "$1"`)
    const stale = await card('--edit')
    editor('false')
    const failed = await card('--edit')

    expect(stale).toMatchObject({ code: 5, stderr: expect.stringMatching(/local saved revision \d.*\n.*[+]# Theirs/s) })
    const kept = /your text is in (.*)/.exec(stale.stderr)![1]!
    expect(await readFile(kept, 'utf8')).toContain('Lost?')
    await rm(join(kept, '..'), { recursive: true })
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('could not be used') })
  })
})

describe('people', () => {
  it('own models, and find theirs', async () => {
    expect(await expectOk('model', 'owners', 'churn', '--set', 'local', 'team:risk')).toBe('team:risk\nlocal\n')
    expect(await expectOk('model', 'list', '--owner', 'team:risk')).toContain('churn')
    expect(await expectOk('model', 'list', '--owner', 'team:other')).toBe('no model of team:other\n')
    expect(await evenkeel('model', 'owners', 'churn', '--set', 'nobody', ...url)).toMatchObject({ code: 2 })
    expect(await expectOk('model', 'owners', 'churn', '--none')).toContain('nobody owns it')
  })

  it('comment on versions', async () => {
    expect(await expectOk('model', 'comment', 'churn@1')).toContain('nobody commented on churn@1')
    const { id } = JSON.parse(await expectOk('model', 'comment', 'churn@1', 'Looks *odd*.', '--json'))
    await expectOk('model', 'comment', 'churn@1', 'Looks fine.', '--edit', id)

    expect(await expectOk('model', 'comment', 'churn@1')).toMatch(/^local, .*, edited .*\n {2}Looks fine\.\n$/)
    await expectOk('model', 'comment', 'churn@1', '--delete', id)
    expect(await evenkeel('model', 'comment', 'churn@1', '--delete', id, ...url)).toMatchObject({ code: 3 })
  })

  it('read what happened, page by page', async () => {
    await expectOk('model', 'alias', 'churn@2', 'best')

    const first = await expectOk('model', 'history', 'churn', '--limit', '1')

    expect(first).toContain('Version 2 became best')
    const [, cursor] = /more with --cursor (.*)/.exec(first)!
    expect(await expectOk('model', 'history', 'churn', '--cursor', cursor!)).toContain('Version 1 was registered')
    expect(await expectOk('model', 'history', 'churn@1')).not.toContain('ersion 2')
  })
})

const logLinearModel = `
import sys
import mlflow
import pandas as pd
from sklearn.linear_model import LinearRegression

mlflow.set_tracking_uri(sys.argv[1])
rows = pd.DataFrame({"hour": [1.0, 2.0, 3.0], "count": [2, 4, 7]})
model = LinearRegression().fit(rows, [7.0, 9.0, 12.0])
with mlflow.start_run():
    mlflow.sklearn.log_model(model, name="model", input_example=rows, registered_model_name="linear")
`

function skip(test: { skip(): void }, what: string): undefined {
  process.stderr.write(`SKIPPED: ${python} has no ${what}; install it, or set PYTHON_MLFLOW\n`)
  test.skip()
}
