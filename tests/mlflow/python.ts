import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The Python whose packages are tested; another one by `PYTHON_MLFLOW`. */
export const python = process.env['PYTHON_MLFLOW'] ?? 'python3'

/** Which of these modules cannot be imported; prints it, so that a skip is seen. */
export async function missingModules(what: string, modules: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(modules.map(async (name) => ((await hasModule(name)) ? undefined : name)))
  const missing = found.filter((name) => name !== undefined)
  if (missing.length > 0) {
    process.stderr.write(`SKIPPED ${what}: ${python} has no ${missing.join(', ')}; install it, or set PYTHON_MLFLOW\n`)
  }
  return missing
}

const hasModule = (name: string) =>
  run(python, ['-c', `import importlib.util, sys; sys.exit(importlib.util.find_spec("${name}") is None)`]).then(
    () => true,
    () => false,
  )

/** Runs a script of `scripts/` in a folder of its own. @throws Error with what it printed when it fails */
export async function runScript(name: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-mlflow-'))
  const script = fileURLToPath(new URL(`scripts/${name}.py`, import.meta.url))
  const quiet = { GIT_PYTHON_REFRESH: 'quiet', MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1', HOME: folder }
  try {
    const env = { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...quiet, ...environment }
    const { stdout } = await run(python, [script], { cwd: folder, env, maxBuffer: 64 * 1024 ** 2 })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${name}.py failed:\n${stdout.slice(-2000)}\n${stderr.slice(-6000)}`, { cause: error })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
