import { execFile } from 'node:child_process'
import { constants, copyFile, mkdtemp, open, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { CliError, exitCodes } from '../errors.ts'
import { type Conversion, ConversionResult } from './result.ts'
import { findSandbox, runInSandbox, type Sandbox, type SandboxedEnd } from './sandbox.ts'

const run = promisify(execFile)

interface Task {
  readonly bytes: Uint8Array
  readonly format: 'pickle' | 'skops'
  /** Path of a Python with the libraries of the model. */
  readonly python: string
  /** Path of a CSV file with rows to compare on. */
  readonly sample: string | undefined
  /** Told which sandbox is used, before anything runs in it. */
  readonly onSandbox: (sandbox: Sandbox) => void
  readonly timeoutMs?: number
}

/** What came out of the sandbox, still to be checked by whoever uses it: ONNX, or trees as text. */
export interface Converted {
  readonly result: Conversion
  /** The ONNX file; of trees the text of their library. */
  readonly file: Uint8Array
  readonly sandbox: Sandbox
}

const limits = { cpuSeconds: 600, memoryBytes: 16 * 1024 ** 3, fileBytes: 2 * 1024 ** 3 }
const longestMs = 600_000
const largestResultBytes = 256 * 1024 ** 2

/**
 * Loads a model with its own Python in a sandbox, and turns it into ONNX there.
 *
 * @throws CliError `cli.no_python`, `cli.cannot_convert`
 */
export async function convertWithPython({
  bytes,
  format,
  sample,
  onSandbox,
  timeoutMs,
  ...task
}: Task): Promise<Converted> {
  const python = await interpreterOf(task.python)
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'evenkeel-convert-')))
  try {
    const sandbox = await findSandbox(folder)
    onSandbox(sandbox)
    await copyFile(fileURLToPath(new URL('convert.py', import.meta.url)), join(folder, 'convert.py'))
    await writeFile(join(folder, 'model.bin'), bytes)
    if (sample !== undefined) await copySample(sample, join(folder, 'sample.csv'))
    const job = { model: 'model.bin', format, sample: sample === undefined ? null : 'sample.csv', limits }
    await writeFile(join(folder, 'job.json'), JSON.stringify(job))
    // Isolated: no packages of the user's home, and nothing is imported from the folder.
    const command = [python, '-I', '-B', 'convert.py']
    const ended = await runInSandbox(sandbox, command, { folder, timeoutMs: timeoutMs ?? longestMs })
    const result = await resultIn(folder, ended)
    return { result, sandbox, file: await fileOf(folder, result) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The program itself: shims look for it in an environment that a sandbox does not have. */
async function interpreterOf(python: string): Promise<string> {
  try {
    const { stdout } = await run(python, ['-I', '-c', 'import sys; print(sys.executable)'], { timeout: 30_000 })
    return stdout.trim()
  } catch (error) {
    throw new CliError(
      {
        code: 'cli.no_python',
        message: `${python} is no Python that can be started.`,
        why: error instanceof Error ? error.message : String(error),
        fix: 'give the path of the one that the model was saved with: --python .venv/bin/python',
        exitCode: exitCodes.usage,
      },
      { cause: error },
    )
  }
}

async function copySample(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to)
  } catch (error) {
    throw cannotConvert(`The sample ${from} cannot be read.`, 'give a CSV file: --sample rows.csv', error)
  }
}

async function resultIn(folder: string, ended: SandboxedEnd): Promise<Conversion> {
  const text = await readWritten(join(folder, 'result.json'), largestResultBytes)
  if (text === undefined || ended.isLate || ended.exitCode !== 0) throw ranBadly(ended)
  let result: ConversionResult
  try {
    result = ConversionResult.parse(JSON.parse(new TextDecoder().decode(text)))
  } catch (error) {
    throw cannotConvert(
      'What it wrote about itself is none of what our script writes.',
      'do not trust this file',
      error,
    )
  }
  if (result.kind === 'problem') throw cannotConvert(result.why, result.fix)
  return result
}

async function fileOf(folder: string, result: Conversion): Promise<Uint8Array> {
  if (result.kind === 'trees') return Buffer.from(result.text)
  const onnx = await readWritten(join(folder, 'model.onnx'), limits.fileBytes)
  if (onnx) return onnx
  throw cannotConvert('It wrote no ONNX file.', 'try it again; if it stays like this, export it yourself')
}

/** What the sandbox left: a plain file, never a link to one of ours. */
async function readWritten(path: string, largestBytes: number): Promise<Buffer | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined)
  if (!file) return undefined
  try {
    const found = await file.stat()
    const isOwn = found.isFile() && found.nlink === 1 && found.size <= largestBytes
    return isOwn ? await file.readFile() : undefined
  } finally {
    await file.close()
  }
}

function ranBadly({ exitCode, isLate, tail }: SandboxedEnd): CliError {
  const how = isLate
    ? 'took too long and was stopped'
    : exitCode === null
      ? 'was killed'
      : `ended with exit code ${exitCode}`
  return cannotConvert(
    `Python ${how}.${tail ? ` It said last:\n${tail}` : ''}`,
    'try it in the environment that the model was saved in; or export it to ONNX there, and register that file',
  )
}

const cannotConvert = (why: string, fix: string, cause?: unknown) =>
  new CliError(
    { code: 'cli.cannot_convert', message: 'The model cannot be converted.', why, fix, exitCode: exitCodes.usage },
    { cause },
  )
