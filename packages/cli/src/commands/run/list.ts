import type { Run, RunEnvironment, RunState } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, momentText, spanText, table } from '../../table.ts'
import { connect, outputOf } from '../common.ts'
import { isTracked, listTracked, type TrackedOptions } from '../tracked/list.ts'

interface ListOptions extends TrackedOptions {
  readonly pipeline?: string
  readonly state?: RunState
  readonly environment?: RunEnvironment
}

/** Runs of pipelines, or the tracked ones as soon as anything is asked that only these have. */
export const list = (options: ListOptions): Promise<number> =>
  isTracked(options) ? listTracked(options) : listRuns(options)

async function listRuns({ pipeline, state, environment, limit, ...options }: ListOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const query = {
    limit,
    ...(pipeline !== undefined && { pipeline }),
    ...(state !== undefined && { state }),
    ...(environment !== undefined && { environment }),
  }
  const page = await pipelines.listRuns({ query })
  outputOf(options).result(page, () => (page.items.length > 0 ? linesOf(page.items, page.nextCursor) : nothing(query)))
  return exitCodes.ok
}

const linesOf = (items: readonly Run[], nextCursor: string | null): string[] => [
  ...table(
    ['run', 'pipeline', 'environment', 'state', 'created', 'time', 'why'],
    items.map(
      ({
        id,
        pipeline,
        pipelineVersion,
        environment,
        sample,
        state,
        createdAt,
        startedAt,
        endedAt,
        reason,
        trigger,
      }) => [
        id,
        `${pipeline}@${pipelineVersion}`,
        sample === null ? environment : `${environment}, sample`,
        state,
        momentText(createdAt),
        spanText(startedAt, endedAt),
        cell(reason ?? trigger.says, 60),
      ],
    ),
  ),
  ...(nextCursor === null ? [] : ['there are older ones; show more with --limit']),
]

function nothing({ pipeline, state }: { readonly pipeline?: string; readonly state?: string }): string[] {
  const which = [pipeline && `of ${pipeline}`, state && `that is ${state}`].filter(Boolean).join(' ')
  return [`no run ${which || 'yet'}`, `  next   evenkeel run start ${pipeline ?? 'NAME'}`]
}
