import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js')
const consoleFolder = fileURLToPath(new URL('../../packages/console', import.meta.url))

/** The console as the tests see it: a folder of their own, so that nobody's build replaces it under them. */
export const builtFolder = fileURLToPath(new URL('../../.cache/console-under-test/', import.meta.url))

/** Builds the console once before the tests that look at it in a browser; as for users, not as for tests. */
export async function setup(): Promise<void> {
  const env = { ...process.env, NODE_ENV: 'production' }
  const args = [vite, 'build', consoleFolder, '--outDir', builtFolder, '--logLevel', 'error']
  await promisify(execFile)(process.execPath, args, { env })
}
