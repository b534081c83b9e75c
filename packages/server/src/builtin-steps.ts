import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../../', import.meta.url))

/** Program and arguments of a step that ships with Evenkeel. */
export function builtinSteps(name: string): readonly string[] | undefined {
  const file = `${packages}steps/src/${name}.ts`
  return existsSync(file) ? [process.execPath, file] : undefined
}

type Params = Readonly<Record<string, unknown>>

/** Steps whose result depends on their inputs and params alone, and when. The others ask the server for more. */
const pure: Readonly<Record<string, (params: Params) => boolean>> = {
  'train-trees': () => true,
  // Definitions of views may change between two runs.
  'build-training-set': ({ featureViews }) => !Array.isArray(featureViews) || featureViews.length === 0,
}

let digest: Promise<string> | undefined

/** Digest of the code of our steps, for those whose result may be taken over. It is read once. */
export async function programCode(name: string, params: Params): Promise<string | undefined> {
  return pure[name]?.(params) ? digestOnce() : undefined
}

/** Digest of a step that ships with Evenkeel, pure or not; null when there is none of this name. */
export async function programDigest(name: string): Promise<string | null> {
  return builtinSteps(name) ? digestOnce() : null
}

function digestOnce(): Promise<string> {
  digest ??= digestOfSteps().catch((error: unknown) => {
    // Whoever asks next tries again.
    digest = undefined
    throw error
  })
  return digest
}

async function digestOfSteps(): Promise<string> {
  const files = await Array.fromAsync(glob('{steps,numerics}/src/**/*.ts', { cwd: packages }))
  const hash = createHash('sha256')
  for (const file of files.filter((path) => !path.endsWith('.test.ts')).toSorted())
    hash.update(file).update(await readFile(packages + file))
  return `sha256:${hash.digest('hex')}`
}
