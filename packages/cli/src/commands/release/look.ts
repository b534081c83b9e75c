import type { Release } from '@evenkeel/contract'
import { stat, readFile } from 'node:fs/promises'
import { exitCodes } from '../../errors.ts'
import { withBundle } from '../../release/bundle.ts'
import { type Check, checkRelease, type Evidence } from '../../release/verify.ts'
import { cell, momentText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { findRelease, nameOf, releasedFrom } from './releases.ts'

export async function list(pipeline: string, options: CommonOptions): Promise<number> {
  const { releases } = await connect(options)
  const page = await releases.list({ params: { pipeline }, query: { limit: 50 } })
  outputOf(options).result(page, () =>
    page.items.length > 0
      ? listLines(page.items)
      : [`no release of ${pipeline} yet`, `  next   evenkeel release ${pipeline}`],
  )
  return exitCodes.ok
}

const listLines = (items: readonly Release[]): string[] =>
  table(
    ['release', 'in force in', 'released', 'by', 'commit', 'notes'],
    items.map((release) => [
      nameOf(release),
      release.inForceIn.join(', ') || '–',
      momentText(release.document.releasedAt),
      `${release.document.releasedBy}${release.imported ? ' (imported)' : ''}`,
      releasedFrom(release.document),
      cell(release.document.notes, 50),
    ]),
  )

export async function show(id: string, options: CommonOptions): Promise<number> {
  const found = await findRelease(await connect(options), id)
  const { document } = found
  outputOf(options).result(found, () => [
    `${nameOf(found)}  ${found.inForceIn.length > 0 ? `in force in ${found.inForceIn.join(' and ')}` : 'in force nowhere'}`,
    `  released ${momentText(document.releasedAt)} by ${document.releasedBy}${found.imported ? `, imported by ${found.createdBy}` : ''}`,
    `  commit   ${releasedFrom(document)}`,
    `  spec     ${document.specDigest}`,
    `  key      ${document.keyId}`,
    ...(document.notes ? [`  notes    ${cell(document.notes, 200)}`] : []),
    ...table(
      ['step', 'code', 'program', 'locks'],
      document.steps.map(({ key, code, uses, program, locks }) => [
        key,
        code?.slice(7, 19) ?? '–',
        uses === null ? '–' : `evenkeel/${uses} ${program?.slice(7, 19) ?? ''}`,
        Object.keys(locks).join(', ') || '–',
      ]),
    ),
  ])
  return exitCodes.ok
}

interface VerifyOptions extends CommonOptions {
  readonly key?: string
}

/** Checks a release; a file needs no server when a key is given. */
export async function verify(what: string, options: VerifyOptions): Promise<number> {
  const isFile = await stat(what).then(
    () => true,
    () => false,
  )
  return isFile
    ? withBundle(what, (bundle) => tell(what, bundle, options))
    : tell(what, await findRelease(await connect(options), what), options)
}

async function tell(what: string, evidence: Evidence, options: VerifyOptions): Promise<number> {
  const keys = options.key === undefined ? await servedKeys(options) : [await readFile(options.key, 'utf8')]
  const checks = checkRelease(evidence, keys)
  const passed = checks.every((check) => check.passed)
  const { pipeline, version } = evidence.document
  outputOf(options).result({ passed, pipeline, version, checks }, () => [
    `${what} ${passed ? 'is' : 'IS NOT'} ${pipeline}@${version} as it was released`,
    ...checks.map(lineOf),
  ])
  return passed ? exitCodes.ok : exitCodes.gateFailed
}

async function servedKeys(options: CommonOptions): Promise<string[]> {
  const { releases } = await connect(options)
  const { items } = await releases.keys()
  return items.map(({ publicKey }) => publicKey)
}

const lineOf = ({ name, passed, says }: Check): string => `  ${passed ? '✓' : '✗'} ${name}  ${says}`
