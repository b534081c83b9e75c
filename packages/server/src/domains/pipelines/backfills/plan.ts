import type { BackfillPlan } from '@evenkeel/contract'
import { DomainError } from '../../../platform/errors.ts'
import type { LookUp } from '../engine/cache/look-up.ts'
import type { PipelinesDeps } from '../needs.ts'
import { previewRun } from '../preview.ts'
import { planRun, slotsOf } from '../runs.ts'
import { pipelinesStore } from '../store.ts'
import type { Asked } from './ask.ts'
import { etaAfter, remainingMs } from './pace.ts'
import { backfillsStore } from './store.ts'
import { paramsFor } from './time-params.ts'

type Sampled = BackfillPlan['sample'][number]

/** How many partitions are looked at: each takes as long as the plan of one run. */
const sampleSize = 5

interface Planned {
  readonly projectId: string
  readonly pipeline: string
  readonly asked: Asked
}

/** Says what a backfill would do; starts nothing. */
export async function planBackfill(deps: PipelinesDeps, lookUp: LookUp, planned: Planned): Promise<BackfillPlan> {
  const { projectId, pipeline, asked } = planned
  const { parts, request, timeParams } = asked
  const sample = await sampleOf(deps, lookUp, planned)
  const typicalDurationMs = await backfillsStore(deps.db).typicalRunMs(projectId, pipeline, null)
  const lanes = Math.min(request.maxActive, slotsOf(deps))
  const estimateMs = remainingMs(parts.length, typicalDurationMs, lanes)
  return {
    pipeline,
    start: iso(parts[0]!.start),
    end: iso(parts.at(-1)!.end),
    timeParams,
    partitionCount: parts.length,
    first: parts[0]!.label,
    last: parts.at(-1)!.label,
    versions: versionCounts(asked),
    sample,
    typicalDurationMs,
    estimateMs,
    eta: etaAfter(deps.now(), estimateMs),
    says: [sampleWords(sample, parts.length), paceWords(typicalDurationMs, lanes), boundWords(asked)],
  }
}

function versionCounts({ parts, versions }: Asked): BackfillPlan['versions'] {
  const byVersion = Map.groupBy(parts, ({ version }) => version)
  return [...versions.keys()]
    .toSorted((a, b) => a - b)
    .map((version) => ({ version, partitions: byVersion.get(version)!.length }))
}

/** The first few in the order in which they would run. */
async function sampleOf(deps: PipelinesDeps, lookUp: LookUp, planned: Planned): Promise<Sampled[]> {
  const { parts, request } = planned.asked
  const chosen = request.order === 'oldest' ? parts.slice(0, sampleSize) : parts.slice(-sampleSize).toReversed()
  const sample: Sampled[] = []
  for (const part of chosen) sample.push(await sampleOne(deps, lookUp, planned, part))
  return sample
}

async function sampleOne(
  deps: PipelinesDeps,
  lookUp: LookUp,
  { projectId, pipeline, asked: { request, timeParams, versions } }: Planned,
  { label: partition, start, end, version }: Asked['parts'][number],
): Promise<Sampled> {
  const nominal = { start: iso(start), end: iso(end) }
  const given = paramsFor(request.params, timeParams, nominal)
  try {
    const run = await planRun(deps, versions.get(version)!, given, { noCache: request.cache === 'ignore', nominal })
    const steps = await previewRun(pipelinesStore(deps.db), lookUp, { ...run, projectId, pipeline })
    const count = (action: string) => steps.filter((step) => step.action === action).length
    const counts = { run: count('run'), reuse: count('reuse'), unknown: count('unknown') }
    return { partition, version, ...counts, against: null }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { partition, version, run: 0, reuse: 0, unknown: 0, against: error.why }
  }
}

function sampleWords(sample: readonly Sampled[], partitionCount: number): string {
  const total = (field: 'run' | 'reuse' | 'unknown') => sample.reduce((sum, one) => sum + one[field], 0)
  const against = sample.filter((one) => one.against !== null).length
  const which =
    sample.length === partitionCount
      ? 'All partitions were looked at'
      : `Only the first ${sample.length} of ${partitionCount} partitions were looked at, as a sample`
  const steps = `${total('run')} of their steps would run, ${total('reuse')} would be reused`
  const later = total('unknown') > 0 ? `, and ${total('unknown')} depend on what comes before` : ''
  return `${which}: ${steps}${later}.${against > 0 ? ` ${against} of them would not run.` : ''}`
}

const paceWords = (typicalMs: number | null, lanes: number): string =>
  typicalMs === null
    ? 'No run of this pipeline has succeeded yet, so nobody can tell how long it will take.'
    : `The estimate takes the median of the last ten successful runs, ${lanes} at a time; what is reused or has no data ` +
      'takes less, and it takes longer while other runs need the machine: they go first.'

function boundWords({ timeParams: { start, end } }: Asked): string {
  const variables = 'EVENKEEL_NOMINAL_START and EVENKEEL_NOMINAL_END'
  const names = [start, end].filter((name) => name !== null).map((name) => `"${name}"`)
  if (names.length === 0) return `No param gets the bounds of a partition; its steps find them in ${variables}.`
  return `The bounds of a partition are given as ${names.join(' and ')}, and in ${variables}.`
}

const iso = (moment: number): string => new Date(moment).toISOString()
