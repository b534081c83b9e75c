import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

interface Import {
  readonly from: string
  readonly to: string
}

const files = globSync('packages/*/src/**/*.{ts,tsx}', { exclude: ['**/node_modules/**'] })
const imports: readonly Import[] = files
  .filter((file) => !/(\.test\.tsx?|\.test-d\.ts|\/testing(-[a-z]+)?\.ts)$/.test(file))
  .flatMap((from) =>
    [...readFileSync(from, 'utf8').matchAll(/^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'/gm)].map(([, to]) => ({
      from,
      to: resolve(from, to!),
    })),
  )

/** A path inside the repository, or the name of an npm package as it is. */
function resolve(from: string, to: string): string {
  if (to.startsWith('.')) return join(dirname(from), to)
  const part = /^@evenkeel\/(\w+)(?:\/([\w-]+))?$/.exec(to)
  if (!part) return to
  const [, name, path = 'index'] = part
  return path === 'mlflow' ? `packages/${name}/src/compat/mlflow/index.ts` : `packages/${name}/src/${path}.ts`
}

/** What a layer may import beside itself, the narrowest layer first. */
const layers = [
  { layer: 'packages/server/src/platform/', imports: ['packages/contract/', 'packages/server/src/config.ts'] },
  { layer: 'packages/server/', imports: ['packages/contract/', 'packages/numerics/'] },
  { layer: 'packages/inference/', imports: ['packages/contract/', 'packages/client/', 'packages/numerics/'] },
  { layer: 'packages/steps/', imports: ['packages/contract/', 'packages/client/', 'packages/numerics/'] },
  { layer: 'packages/cli/', imports: ['packages/contract/', 'packages/client/'] },
  { layer: 'packages/console/', imports: ['packages/contract/', 'packages/client/'] },
  { layer: 'packages/client/', imports: ['packages/contract/'] },
  { layer: 'packages/contract/', imports: [] },
  { layer: 'packages/numerics/', imports: [] },
]

/** The one rule: a domain imports the contract, the platform, numerics and itself. */
const domainImports = ['packages/server/src/platform/', 'packages/contract/', 'packages/numerics/']

function mayImport(file: string): readonly string[] {
  const domain = /^packages\/server\/src\/domains\/[^/]+\//.exec(file)?.[0]
  if (domain) return [domain, ...domainImports]
  const found = layers.find(({ layer }) => file.startsWith(layer))
  if (!found) throw new Error(`${file} lies in no layer; give its package a line in \`layers\``)
  return [found.layer, ...found.imports]
}

function isLeak({ from, to }: Import): boolean {
  return to.startsWith('packages/') && !mayImport(from).some((allowed) => to.startsWith(allowed))
}

/** Files and packages that are loaded with a file: types are not, nor what is imported when it is needed. */
function loadedWith(file: string, loaded = new Set<string>()): ReadonlySet<string> {
  if (loaded.has(file)) return loaded
  loaded.add(file)
  if (!existsSync(file)) return loaded
  const found = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b(?! type\b)[^'"]*?from\s+'([^']+)'/gm)
  for (const [, to] of found) loadedWith(resolve(file, to!), loaded)
  return loaded
}

/** The contract and the client run in browsers, as the console does. */
const isNodeInBrowserCode = ({ from, to }: Import) =>
  to.startsWith('node:') && /^packages\/(contract|client|console)\//.test(from)

describe('architecture', () => {
  it('sees the whole tree', () => {
    expect(imports.length).toBeGreaterThan(200)
    expect(imports.filter(({ to }) => to.startsWith('packages/')).length).toBeGreaterThan(100)
  })

  it('loads what speaks S3 with the first bucket, not with every server', () => {
    const loaded = loadedWith('packages/server/src/main.ts')

    expect(loaded.size).toBeGreaterThan(300)
    expect([...loaded].filter((name) => name.startsWith('@aws-sdk/'))).toEqual([])
    expect([...loadedWith('packages/server/src/platform/blobs/s3/index.ts')]).toContain('@aws-sdk/client-s3')
  })

  it('starts a step with the parts of the contract it speaks, because each step is a process', () => {
    const steps = globSync('packages/steps/src/*.ts', { exclude: ['**/*.test.ts'] })
    const withAll = steps.filter((step) => loadedWith(step).has('packages/contract/src/index.ts'))

    expect(steps.length).toBeGreaterThan(5)
    expect(loadedWith(steps[0]!).has('packages/contract/src/common.ts')).toBe(true)
    expect(withAll).toEqual([])
  })

  it('keeps every layer to what it may import', () => {
    expect(imports.filter(isLeak)).toEqual([])
  })

  it('would notice a domain that reaches into another, and a platform that reaches into a domain', () => {
    const domains = 'packages/server/src/domains'

    expect(isLeak({ from: `${domains}/deployments/service.ts`, to: `${domains}/registry/store.ts` })).toBe(true)
    expect(isLeak({ from: 'packages/server/src/platform/auth.ts', to: `${domains}/projects/store.ts` })).toBe(true)
    expect(isLeak({ from: `${domains}/registry/store.ts`, to: 'packages/server/src/platform/db.ts' })).toBe(false)
  })

  it('keeps Node out of what browsers load', () => {
    expect(imports.filter(isNodeInBrowserCode)).toEqual([])
  })

  it('keeps files on two screens, 400 lines at most', () => {
    const isLong = (file: string) => !file.endsWith('.gen.ts') && readFileSync(file, 'utf8').split('\n').length > 400

    expect(files.filter(isLong)).toEqual([])
  })

  it('says for every domain what it owns and what it does not', () => {
    const domains = globSync('packages/server/src/domains/*')
    const silent = domains.filter((domain) => {
      const readme = join(domain, 'README.md')
      const text = existsSync(readme) ? readFileSync(readme, 'utf8') : ''
      return !/owns/i.test(text) || !/does not/i.test(text)
    })

    expect(domains.length).toBeGreaterThan(1)
    expect(silent).toEqual([])
  })
})
