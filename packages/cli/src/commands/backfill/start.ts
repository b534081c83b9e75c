import { type BackfillPlan, plural } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, durationText, momentText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { paramsFor } from '../pipeline/choices.ts'
import { interrupted } from '../run/follow.ts'
import { codeOf, headLines, nextLines, waitFor } from './backfills.ts'
import type { Every } from './every.ts'

interface StartOptions extends CommonOptions {
  readonly from: string
  readonly to: string
  readonly every: Every
  readonly code: string
  readonly timezone?: string
  readonly cache: 'reuse' | 'ignore'
  readonly maxActive: number
  readonly order: 'oldest' | 'newest'
  readonly param?: readonly string[]
  readonly startParam?: string
  readonly endParam?: string
  readonly reason: string
  readonly plan?: boolean
  readonly wait?: boolean
}

/** Starts a backfill, or with `--plan` says what it would do; with `--wait` the exit code is its outcome. */
export async function start(pipeline: string, options: StartOptions): Promise<number> {
  const { backfills, pipelines } = await connect(options)
  const output = outputOf(options)
  const request = { params: { pipeline }, body: bodyOf(options, await paramsFor(pipelines, pipeline, options.param)) }
  if (options.plan) {
    const plan = await backfills.plan(request)
    output.result(plan, () => planLines(plan))
    return exitCodes.ok
  }
  const started = await backfills.create(request)
  if (!options.wait) {
    output.result(started, () => [...headLines(started), ...nextLines(started)])
    return exitCodes.ok
  }
  output.say(`backfill ${started.id} of ${pipeline}`)
  const end = await waitFor(backfills, started, output)
  output.result(end.backfill, () => [...headLines(end.backfill), ...nextLines(end.backfill)])
  return end.interrupted ? interrupted : codeOf(end.backfill.state)
}

function bodyOf(options: StartOptions, params: Awaited<ReturnType<typeof paramsFor>>) {
  const { from, to, every, code, cache, maxActive, order, reason, timezone, startParam, endParam } = options
  const timeParams = {
    ...(startParam !== undefined && { start: startParam }),
    ...(endParam !== undefined && { end: endParam }),
  }
  return {
    from,
    to,
    code,
    cache,
    maxActive,
    order,
    reason,
    params,
    ...every,
    ...(timezone !== undefined && { timezone }),
    ...(Object.keys(timeParams).length > 0 && { timeParams }),
  }
}

function planLines(plan: BackfillPlan): string[] {
  const { pipeline, partitionCount, first, last, versions, sample, typicalDurationMs, estimateMs, eta, says } = plan
  const code = versions.map(({ version, partitions }) => `version ${version} for ${partitions}`).join(', ')
  return [
    `${pipeline}  ${plural(partitionCount, 'partition')}, ${first} … ${last}: ${code}`,
    `  a run    ${typicalDurationMs === null ? 'nobody knows yet' : durationText(typicalDurationMs)}`,
    `  in all   ${estimateMs === null ? 'nobody knows yet' : `${durationText(estimateMs)}, until ${momentText(eta)} UTC`}`,
    ...table(
      ['sample', 'version', 'run', 'reuse', 'unknown', 'why not'],
      sample.map((one) => [
        one.partition,
        ...[one.version, one.run, one.reuse, one.unknown].map(String),
        cell(one.against ?? '', 80),
      ]),
    ),
    ...says,
  ]
}
