import { basename } from 'node:path'
import { z } from 'zod'

/** Names of packages to their versions. Several versions of one package stand beside each other: `1.0.0, 2.1.0`. */
export type Packages = ReadonlyMap<string, string>

/** How many changed packages are named. */
const namedCount = 5

/** The packages that a lock file pins; `undefined` when it is not of a kind that is known. */
export function packagesOf(path: string, text: string): Packages | undefined {
  if (basename(path) === 'uv.lock') return gather(uvPackages(text))
  if (basename(path) === 'package-lock.json') return gather(npmPackages(text))
  return gather(requirements(text))
}

/** What is other in a newer lock file: `numpy 2.1.0 -> 2.2.0`, at most five of them, and how many more. */
export function packageChanges(before: Packages | undefined, after: Packages | undefined): string[] {
  if (!before || !after) return []
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  const changes = names.flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)]
    if (was === is) return []
    if (was === undefined) return [`The package ${name} ${is} is new.`]
    return [is === undefined ? `The package ${name} ${was} is gone.` : `The package ${name} ${was} -> ${is}.`]
  })
  if (changes.length <= namedCount) return changes
  return [...changes.slice(0, namedCount), `And ${changes.length - namedCount} more packages changed.`]
}

type Pair = readonly [name: string, version: string]

function gather(pairs: readonly Pair[]): Packages {
  const found = new Map<string, Set<string>>()
  for (const [name, version] of pairs) found.set(name, (found.get(name) ?? new Set()).add(version))
  return new Map([...found].map(([name, versions]) => [name, [...versions].toSorted().join(', ')] as const))
}

/** uv writes each package as a table that begins with its name and its version. */
const uvPackages = (text: string): Pair[] =>
  [...text.matchAll(/^\[\[package\]\]\nname = "([^"]+)"\nversion = "([^"]+)"/gm)].map(([, name, version]) => [
    name!,
    version!,
  ])

/** @see https://peps.python.org/pep-0508/ and, for the names, https://peps.python.org/pep-0503/ */
const requirements = (text: string): Pair[] =>
  text.split('\n').flatMap((line): Pair[] => {
    const [, name, rest] = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;#\\]*)/.exec(line) ?? []
    if (name === undefined) return []
    return [[name.toLowerCase().replaceAll(/[-_.]+/g, '-'), rest!.trim().replace(/^===?\s*/, '') || 'any']]
  })

const Entry = z.object({ version: z.string().optional() })
const NpmLock = z.object({
  /** From lockfileVersion 2 on, by the folder of each; '' is the project itself. */
  packages: z.record(z.string(), Entry).optional(),
  dependencies: z.record(z.string(), Entry).optional(),
})

function npmPackages(text: string): Pair[] {
  const { packages, dependencies = {} } = NpmLock.parse(JSON.parse(text))
  const entries = packages ? Object.entries(packages).filter(([path]) => path !== '') : Object.entries(dependencies)
  const folder = 'node_modules/'
  return entries.map(([path, { version = 'any' }]) => [
    path.includes(folder) ? path.slice(path.lastIndexOf(folder) + folder.length) : path,
    version,
  ])
}
