import type { CachePart, CodeFile } from '@evenkeel/contract'
import type { z } from 'zod'
import { type Packages, packageChanges } from '../../runtimes/lock-packages.ts'
import type { CacheParts, InputPart } from './parts.ts'

type Part = z.infer<typeof CachePart>

/** A step as it was once. */
export interface Remembered {
  readonly parts: CacheParts
  readonly code: readonly CodeFile[]
  /** Of its lock file: names to versions; absent when there is none, or it is no longer stored. */
  readonly packages?: Packages | undefined
}

/** What is other than before, part by part, in the order in which one would look for the reason. */
export function compareParts(before: Remembered, after: Remembered): readonly Part[] {
  const [a, b] = [before.parts, after.parts]
  return [
    {
      part: 'command',
      changes: same(a.command, b.command) ? [] : ['Its command, or the list of its outputs, changed.'],
    },
    { part: 'code', changes: a.code === b.code ? [] : codeChanges(before.code, after.code) },
    { part: 'runtime', changes: runtimeChanges(before, after) },
    { part: 'params', changes: valueChanges('The param', a.params, b.params) },
    { part: 'matrix', changes: valueChanges('The matrix value', a.matrix, b.matrix) },
    { part: 'inputs', changes: inputChanges(a.inputs, b.inputs) },
    { part: 'env', changes: envChanges(a.env, b.env) },
    {
      part: 'platform',
      changes: a.platform === b.platform ? [] : [`It ran on ${a.platform} before, and runs on ${b.platform} now.`],
    },
  ]
}

/** The smallest true sentence about what changed; `undefined` when nothing did. */
export function firstChange(
  parts: readonly Part[],
): { readonly code: Part['part']; readonly says: string } | undefined {
  const changed = parts.find(({ changes }) => changes.length > 0)
  if (!changed) return undefined
  const [first, ...rest] = changed.changes
  return {
    code: changed.part,
    says: rest.length === 0 ? first! : `${first!.slice(0, -1)}; ${rest.length} more changed.`,
  }
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Names in either of two records, sorted. */
const namesOf = (a: object, b: object): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted()

function codeChanges(before: readonly CodeFile[], after: readonly CodeFile[]): string[] {
  const [was, is] = [byPath(before), byPath(after)]
  const changes = namesOf(was, is).flatMap((path) => {
    if (!was[path]) return [`The file ${path} was added.`]
    if (!is[path]) return [`The file ${path} was removed.`]
    return same(was[path], is[path]) ? [] : [`The file ${path} changed.`]
  })
  return changes.length > 0 ? changes : ['The program that ships with Evenkeel changed.']
}

const byPath = (files: readonly CodeFile[]): Record<string, object> =>
  Object.fromEntries(files.map(({ path, digest, executable }) => [path, { digest, executable }]))

function runtimeChanges(before: Remembered, after: Remembered): string[] {
  const [was, is] = [before.parts.runtime, after.parts.runtime]
  if (same(was, is)) return []
  if (!was) return [`It ran on the host before, and has an environment of ${is!.kind} now.`]
  if (!is) return [`It had an environment of ${was.kind} before, and runs on the host now.`]
  if (was.kind !== is.kind) return [`Its environment is of ${is.kind} and was of ${was.kind}.`]
  const version = was.version === is.version ? [] : [versionChange(was.version, is.version)]
  const packages = packageChanges(before.packages, after.packages)
  if (version.length + packages.length > 0) return [...version, ...packages]
  return [was.lock === is.lock ? 'The file beside its lock file changed.' : 'Its lock file changed.']
}

const versionChange = (was: string | null, is: string | null): string =>
  `It asks for ${is === null ? 'any version' : `version ${is}`} and asked for ${was ?? 'any'}.`

function valueChanges(what: string, before: CacheParts['params'], after: CacheParts['params']): string[] {
  return namesOf(before, after).flatMap((name) => {
    const [was, is] = [before[name], after[name]]
    if (same(was, is)) return []
    if (was === undefined) return [`${what} ${name} is new: ${JSON.stringify(is)}.`]
    if (is === undefined) return [`${what} ${name} is gone.`]
    return [`${what} ${name} is ${JSON.stringify(is)} and was ${JSON.stringify(was)}.`]
  })
}

function inputChanges(before: CacheParts['inputs'], after: CacheParts['inputs']): string[] {
  return namesOf(before, after).flatMap((name) => {
    const [was, is] = [before[name], after[name]]
    if (!was) return [`The input ${name} is new.`]
    if (!is) return [`The input ${name} is gone.`]
    return same(was.digests, is.digests) ? [] : [inputChange(name, was, is)]
  })
}

const inputChange = (name: string, was: InputPart, is: InputPart): string =>
  was.says === is.says
    ? `The input ${name}, ${is.says}, has other content.`
    : `The input ${name} is ${is.says} and was ${was.says}.`

function envChanges(before: CacheParts['env'], after: CacheParts['env']): string[] {
  return namesOf(before, after).flatMap((name) => {
    if (before[name] === after[name]) return []
    if (before[name] === undefined) return [`The variable ${name} is new.`]
    return [after[name] === undefined ? `The variable ${name} is gone.` : `The variable ${name} has another value.`]
  })
}
