import { backfillsErrors, type BackfillRequest, pipelinesErrors, type TimeParams } from '@evenkeel/contract'
import { failures } from '../../../platform/errors.ts'
import { missingParam, problemOfParams, unusedParam } from '../engine/check-spec.ts'
import type { Nominal } from '../engine/plan.ts'
import type { PipelinesDeps } from '../needs.ts'
import { specOf } from '../present.ts'
import { pipelinesStore } from '../store.ts'
import type { VersionRow } from '../version-store.ts'
import { versionsFor } from './code.ts'
import { type Part, partitionsOf } from './partitions.ts'
import { backfillsStore } from './store.ts'
import { paramsFor, timeParamsOf } from './time-params.ts'

const fail = failures({ ...pipelinesErrors, ...backfillsErrors })

/** A request that was found good. */
export interface Asked {
  readonly request: BackfillRequest
  readonly timeParams: TimeParams
  /** Oldest first, never none. */
  readonly parts: readonly (Part & { readonly version: number })[]
  /** Every version that occurs. */
  readonly versions: ReadonlyMap<number, VersionRow>
}

/** @throws DomainError `pipelines.not_found`, `pipelines.backfill_invalid`, `pipelines.spec_invalid` */
export async function ask(
  { db }: Pick<PipelinesDeps, 'db'>,
  projectId: string,
  pipeline: string,
  request: BackfillRequest,
): Promise<Asked> {
  const times = await backfillsStore(db).versionTimes(projectId, pipeline)
  if (times.length === 0) throw fail('pipelines.not_found', { pipeline })
  const parts = orRefuse(partitionsOf(request))
  const starts = parts.map(({ start }) => start)
  const numbers = orRefuse(versionsFor(request.code, times, starts))
  const versions = new Map<number, VersionRow>()
  for (const version of new Set(numbers)) {
    versions.set(version, (await pipelinesStore(db).findVersion(projectId, pipeline, version))!)
  }
  const timeParams = agreed([...versions.values()], request, nominalOf(parts[0]!))
  return { request, timeParams, versions, parts: parts.map((part, at) => ({ ...part, version: numbers[at]! })) }
}

function orRefuse<T extends object>(found: T | string): T {
  if (typeof found === 'string') throw fail('pipelines.backfill_invalid', { reason: found }, { why: found })
  return found
}

const nominalOf = ({ start, end }: Part): Nominal => ({
  start: new Date(start).toISOString(),
  end: new Date(end).toISOString(),
})

/** The params that get the bounds, the same in every version; and nothing that is given is unknown or missing. */
function agreed(versions: readonly VersionRow[], request: BackfillRequest, first: Nominal): TimeParams {
  const all = versions.map((version) => timeParamsIn(version, request, first))
  const [one] = all
  if (all.every(({ start, end }) => start === one!.start && end === one!.end)) return one!
  return orRefuse<TimeParams>(
    'The versions it would run take their spans from different params; name the two that get the bounds with --start-param and --end-param.',
  )
}

function timeParamsIn(row: VersionRow, request: BackfillRequest, first: Nominal): TimeParams {
  const spec = specOf(row)
  const found = timeParamsOf(spec, request)
  const timeParams = orRefuse(typeof found === 'string' ? `Version ${row.version}: ${found}` : found)
  const given = paramsFor(request.params, timeParams, first)
  const all = { ...spec.params, ...given }
  const problem = unusedParam(spec, given) ?? problemOfParams(spec, all)
  if (problem) {
    const more = missingParam(spec, all) ? ` ${howToGive}` : ''
    throw fail('pipelines.spec_invalid', problem, { why: `Version ${row.version}: ${problem.reason}${more}` })
  }
  return timeParams
}

const howToGive =
  'If it is where a partition starts or ends, name it with --start-param or --end-param; give it any other value with --param.'
