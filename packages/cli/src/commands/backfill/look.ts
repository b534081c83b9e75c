import type { Backfill, BackfillPartition, BackfillState } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, momentText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { interrupted } from '../run/follow.ts'
import { codeOf, findBackfill, headLines, nextLines, progressText, waitFor } from './backfills.ts'

interface ListOptions extends CommonOptions {
  readonly pipeline?: string
  readonly state?: BackfillState
  readonly limit: number
}

export async function list({ pipeline, state, limit, ...options }: ListOptions): Promise<number> {
  const { backfills } = await connect(options)
  const query = { limit, ...(pipeline !== undefined && { pipeline }), ...(state !== undefined && { state }) }
  const page = await backfills.list({ query })
  outputOf(options).result(page, () => (page.items.length > 0 ? linesOf(page.items, page.nextCursor) : nothing))
  return exitCodes.ok
}

const linesOf = (items: readonly Backfill[], nextCursor: string | null): string[] => [
  ...table(
    ['backfill', 'pipeline', 'code', 'created', 'progress', 'why'],
    items.map((backfill) => [
      backfill.id,
      backfill.pipeline,
      backfill.code,
      momentText(backfill.createdAt),
      progressText(backfill),
      cell(backfill.reason, 40),
    ]),
  ),
  ...(nextCursor === null ? [] : ['there are older ones; show more with --limit']),
]

const nothing = [
  'no backfill',
  '  next   evenkeel backfill start NAME --from 2025-01-01 --to 2025-01-31 --every 1d --code current --plan',
]

/** How far it is, with the partitions that went wrong; with `--wait` the exit code is its outcome. */
export async function show(id: string, options: CommonOptions & { readonly wait?: boolean }): Promise<number> {
  const { backfills } = await connect(options)
  const output = outputOf(options)
  const found = await findBackfill(backfills, id)
  const end = options.wait ? await waitFor(backfills, found, output) : { backfill: found, interrupted: false }
  const { backfill } = end
  const failed = await backfills.listPartitions({
    params: { backfill: found.id },
    query: { state: 'failed', limit: 20 },
  })
  output.result({ ...backfill, failed: failed.items }, () => [
    ...headLines(backfill),
    ...failedLines(failed.items, backfill.counts.failed),
    ...nextLines(backfill),
  ])
  if (end.interrupted) return interrupted
  return options.wait ? codeOf(backfill.state) : exitCodes.ok
}

function failedLines(partitions: readonly BackfillPartition[], count: number): string[] {
  if (partitions.length === 0) return []
  const rows = partitions.map(({ partition, version, tries, runId, reason }) => [
    partition,
    String(version),
    String(tries),
    runId ?? '–',
    cell(reason ?? '', 80),
  ])
  const more = count - partitions.length
  return [
    ...table(['failed', 'version', 'tries', 'run', 'why'], rows),
    ...(more > 0 ? [`and ${more} more; the console shows all of them`] : []),
  ]
}
