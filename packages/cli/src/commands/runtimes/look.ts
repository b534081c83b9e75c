import type { Runtime } from '@evenkeel/contract'
import { bytesText } from '../../bytes-text.ts'
import { exitCodes } from '../../errors.ts'
import { durationText, momentText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { digitsOf } from './words.ts'

export async function list(options: CommonOptions): Promise<number> {
  const { runtimes } = await connect(options)
  const found = await runtimes.list()
  outputOf(options).result(found, () => (found.items.length > 0 ? listLines(found) : nothingYet))
  return exitCodes.ok
}

const nothingYet = [
  'no environment yet; the first step with a lock file builds one',
  '  next   write runtime: { python: "3.12", lock: uv.lock } into a pipeline',
]

function listLines({ items, limitBytes }: { readonly items: readonly Runtime[]; readonly limitBytes: number }) {
  const sizeBytes = items.reduce((sum, one) => sum + (one.sizeBytes ?? 0), 0)
  return [
    ...table(
      ['environment', 'kind', 'state', 'from', 'packages', 'size', 'built', 'last used', 'in use'],
      items.map(row),
    ),
    `${bytesText(sizeBytes)} of at most ${bytesText(limitBytes)}`,
  ]
}

const row = (one: Runtime): string[] => [
  digitsOf(one),
  `${one.kind} ${one.version ?? one.wanted ?? ''}`.trim(),
  one.state,
  `${one.lock.path}, ${one.tool}`,
  one.packageCount === null ? '–' : String(one.packageCount),
  one.sizeBytes === null ? '–' : bytesText(one.sizeBytes),
  momentText(one.createdAt),
  momentText(one.lastUsedAt),
  one.useCount === 0 ? '–' : `by ${one.useCount}`,
]

export async function show(runtime: string, options: CommonOptions): Promise<number> {
  const { runtimes } = await connect(options)
  const found = await runtimes.get({ params: { runtime } })
  const { packages, log, reason } = found
  outputOf(options).result(found, () => [
    `${digitsOf(found)}  ${found.kind} ${found.version ?? found.wanted ?? ''}, ${found.state}`,
    `  digest   ${found.digest}`,
    `  from     ${found.lock.path} (${found.lock.digest})`,
    `  built    ${momentText(found.createdAt)} by ${found.tool}${tookText(found)}`,
    `  size     ${found.sizeBytes === null ? '–' : bytesText(found.sizeBytes)}`,
    `  used     ${momentText(found.lastUsedAt)}${found.useCount > 0 ? `, now by ${found.useCount}` : ''}`,
    ...(reason === null ? [] : ['', reason]),
    ...(packages.length > 0
      ? [
          '',
          ...table(
            ['package', 'version'],
            packages.map((one) => [one.name, one.version]),
          ),
        ]
      : []),
    ...(log === '' ? [] : ['', log.trimEnd()]),
  ])
  return exitCodes.ok
}

const tookText = ({ buildMs }: Runtime): string => (buildMs === null ? '' : `, took ${durationText(buildMs)}`)
