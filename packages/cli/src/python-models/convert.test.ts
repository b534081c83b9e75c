import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { evenkeel } from '../testing.ts'
import { convertWithPython } from './convert.ts'
import { findSandbox, runInSandbox, sandboxes, type Sandbox } from './sandbox.ts'

const python = process.env['PYTHON_MODELS'] ?? 'python3'
const hasPython = works([python, '--version'])
if (!hasPython) process.stderr.write(`SKIPPED conversions in a sandbox: there is no ${python}; set PYTHON_MODELS\n`)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-python-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function works([program, ...args]: readonly string[]): boolean {
  try {
    execFileSync(program!, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const pickleFixture = (name: string) => new URL(`../../../contract/src/inspection/fixtures/${name}`, import.meta.url)

/** A pickle that runs Python when it is loaded. */
const running = (code: string): Buffer => Buffer.from(`cbuiltins\nexec\n(V${code.replaceAll('\n', '\\u000a')}\ntR.`)

describe('evenkeel register model.pkl --dry-run', () => {
  it('says what a pickle is without a server, and what to do next', async () => {
    const path = pickleFixture('forest-5.pkl').pathname

    const { code, stdout } = await evenkeel('register', path, '--dry-run', '--folder', folder)

    expect(code).toBe(0)
    expect(stdout).toContain(
      'It is a scikit-learn Pipeline of StandardScaler, RandomForestClassifier, scikit-learn 1.9.1',
    )
    expect(stdout).toContain(`evenkeel register ${path} --model NAME --python .venv/bin/python`)
  })

  it('names what a hostile one would run, also as JSON', async () => {
    const path = pickleFixture('evil-hidden.joblib').pathname

    const { code, stdout } = await evenkeel('register', path, '--dry-run', '--json', '--folder', folder)

    expect(code).toBe(2)
    expect(JSON.parse(stdout).verdict).toEqual({
      mayLoad: false,
      why: ['It would run posix.system: do not load it.'],
      untrusted: ['posix.system'],
    })
  })
})

describe.skipIf(!hasPython)('a pickle that is loaded', () => {
  it('is not, when it would run something that nobody vouched for', async () => {
    const pickle = join(folder, 'writes.pkl')
    const written = join(folder, 'written')
    await writeFile(pickle, running(`open(${JSON.stringify(written)}, 'w')`))

    const { code, stderr } = await evenkeel('register', pickle, '--model', 'x', '--python', python, '--folder', folder)

    expect(code).toBe(2)
    expect(stderr).toContain('It would run builtins.exec: do not load it.')
    expect(existsSync(written)).toBe(false)
  })

  it('that somebody vouched for reaches no network, where the machine can forbid it', async ({ skip }) => {
    const sandbox = await findSandbox(folder)
    if (!sandbox.forbidsNetwork) skip('neither bubblewrap nor namespaces work on this machine')
    const knocked = await withListener(async (port) => {
      const code = `import socket\nsocket.create_connection(('127.0.0.1', ${port}), 2)`
      await expect(convert(running(code))).rejects.toMatchObject({
        explanation: { code: 'cli.cannot_convert', why: expect.stringMatching(/refused|unreachable/i) },
      })
    })

    expect(knocked).toBe(0)
  })

  it('gives nothing but what our script writes: no link, no file of another shape', async () => {
    const secret = join(folder, 'secret')
    await writeFile(secret, 'secret')
    const asLink = `import os\nos.symlink(${JSON.stringify(secret)}, 'result.json')\nos._exit(0)`
    await expect(convert(running(asLink))).rejects.toMatchObject({ explanation: { code: 'cli.cannot_convert' } })
    const other = `import os\nopen('result.json', 'w').write('{"kind":"onnx"}')\nos._exit(0)`
    await expect(convert(running(other))).rejects.toMatchObject({
      explanation: { why: expect.stringContaining('none of what our script writes') },
    })
  })

  it('ends with all that it started when it takes too long', async () => {
    const marker = `evenkeel-${process.pid}-sleeper`
    const code = `import os, sys, time\nos.fork() or os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(60)', '${marker}'])\ntime.sleep(60)`

    await expect(convert(running(code), 3000)).rejects.toMatchObject({
      explanation: { why: expect.stringContaining('took too long and was stopped') },
    })

    await expect.poll(() => execFileSync('ps', ['-eo', 'args']).toString()).not.toContain(marker)
  })
})

const convert = (bytes: Uint8Array, timeoutMs = 60_000) =>
  convertWithPython({ bytes, format: 'pickle', python, sample: undefined, onSandbox: () => undefined, timeoutMs })

async function withListener(use: (port: number) => Promise<void>): Promise<number> {
  let knocks = 0
  const server = createServer((socket) => {
    knocks++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  await use(typeof address === 'object' && address ? address.port : 0)
  return knocks
}

/** Those that this machine has. */
const here = sandboxes.filter((sandbox) => works(sandbox.wrap(['true'], tmpdir())))

describe.each(here.map((sandbox) => [sandbox.name, sandbox] as const))('%s', (_, sandbox: Sandbox) => {
  it('gives a command a folder of its own and nothing of our environment', async () => {
    process.env['EVENKEEL_TEST_SECRET'] = 'secret'
    const { exitCode, tail } = await runInSandbox(sandbox, ['sh', '-c', 'touch mine && pwd && env'], {
      folder,
      timeoutMs: 10_000,
    })

    expect(exitCode).toBe(0)
    expect(tail).toContain(folder)
    expect(tail).not.toContain('secret')
    expect(await readFile(join(folder, 'mine'), 'utf8')).toBe('')
  })

  it.runIf(sandbox.name === 'bubblewrap')('keeps it from writing elsewhere', async () => {
    const elsewhere = join(tmpdir(), `evenkeel-elsewhere-${process.pid}`)

    const { exitCode } = await runInSandbox(sandbox, ['touch', elsewhere], { folder, timeoutMs: 10_000 })

    expect(exitCode).not.toBe(0)
    expect(existsSync(elsewhere)).toBe(false)
  })
})
