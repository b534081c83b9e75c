import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** The console as the tests see it: a folder of their own, so that nobody's build replaces it under them. */
export const builtFolder = fileURLToPath(new URL('../../.cache/console-under-test/', import.meta.url))

/** Builds the console once before the tests that look at it in a browser. */
export async function setup(): Promise<void> {
  const root = fileURLToPath(new URL('../../packages/console', import.meta.url))
  await build({ root, logLevel: 'error', build: { outDir: builtFolder } })
}
