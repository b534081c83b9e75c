import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js')
const consoleFolder = fileURLToPath(new URL('../../packages/console', import.meta.url))

/** The console as the tests see it: a folder of their own, so that nobody's build replaces it under them. */
export const builtFolder = fileURLToPath(new URL('../../.cache/console-under-test/', import.meta.url))

const sources = ['console', 'client', 'contract'].map((name) =>
  fileURLToPath(new URL(`../../packages/${name}/`, import.meta.url)),
)

/** Builds the console as users get it, unless what is built is newer than every source. */
export async function buildConsole(): Promise<void> {
  if ((await builtAtMs()) > (await changedAtMs())) return
  const env = { ...process.env, NODE_ENV: 'production' }
  const args = [vite, 'build', consoleFolder, '--outDir', builtFolder, '--logLevel', 'error']
  await promisify(execFile)(process.execPath, args, { env })
}

const builtAtMs = async (): Promise<number> =>
  (await stat(join(builtFolder, 'index.html')).catch(() => undefined))?.mtimeMs ?? 0

async function changedAtMs(): Promise<number> {
  const parts = ['src', 'public', 'index.html', 'vite.config.ts', 'package.json']
  const times = await Promise.all(sources.flatMap((folder) => parts.map((part) => newestMs(join(folder, part)))))
  return Math.max(...times)
}

/** The newest change of a file, or of anything in a folder; 0 when there is none. */
async function newestMs(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isDirectory()) return found?.mtimeMs ?? 0
  const entries = await readdir(path)
  return Math.max(found.mtimeMs, ...(await Promise.all(entries.map((entry) => newestMs(join(path, entry))))))
}
