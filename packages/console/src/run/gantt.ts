import type { Run, RunStep } from '@evenkeel/contract'

type Attempt = RunStep['attempts'][number]

/** `waiting`: for a place, or until it may be tried again. `starting`: submitted, not yet at work. */
export type SegmentKind = 'waiting' | 'starting' | 'running'

export interface Segment {
  readonly kind: SegmentKind
  /** Epoch milliseconds. */
  readonly fromMs: number
  readonly untilMs: number
}

/** One try of a step, or a step that has not been tried. */
export interface Lane {
  readonly step: string
  readonly attempt: number | null
  readonly state: Attempt['state'] | RunStep['state']
  readonly segments: readonly Segment[]
}

export interface Gantt {
  readonly startMs: number
  readonly endMs: number
  readonly lanes: readonly Lane[]
}

const ms = (moment: string | null): number | null => (moment === null ? null : Date.parse(moment))

/** When each attempt of a run waited, started and ran, in the order in which they became ready. */
export function ganttOf(run: Run, nowMs: number): Gantt {
  const startMs = Date.parse(run.startedAt ?? run.createdAt)
  const lanes = run.steps
    .flatMap((step) => lanesOf(step, nowMs))
    .toSorted((a, b) => (a.segments[0]?.fromMs ?? 0) - (b.segments[0]?.fromMs ?? 0))
  const moments = lanes.flatMap(({ segments }) => segments.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs]))
  return {
    startMs: Math.min(startMs, ...moments),
    endMs: Math.max(ms(run.endedAt) ?? nowMs, startMs + 1, ...moments),
    lanes,
  }
}

function lanesOf(step: RunStep, nowMs: number): Lane[] {
  const untried: Lane = { step: step.key, attempt: null, state: step.state, segments: waitingOf(step, nowMs) }
  const tried = step.attempts.map((attempt, i): Lane => {
    const segments = segmentsOf(attempt, sinceOf(step, i), nowMs)
    return { step: step.key, attempt: attempt.attempt, state: attempt.state, segments }
  })
  return [...tried, ...(tried.length === 0 && untried.segments.length > 0 ? [untried] : [])]
}

/** A step that waits for its first attempt, or for none any more. */
function waitingOf({ readyAt, endedAt }: RunStep, nowMs: number): Segment[] {
  return parted([['waiting', ms(readyAt), ms(endedAt) ?? nowMs]])
}

/** From when an attempt was waited for: the end of the one before, or when the step became ready once more. */
function sinceOf({ readyAt, attempts }: RunStep, i: number): number | null {
  const before = ms(attempts[i - 1]?.endedAt ?? null)
  const ready = ms(readyAt)
  if (before === null) return ready
  const submitted = ms(attempts[i]!.submittedAt)
  return ready !== null && ready > before && (submitted === null || ready <= submitted) ? ready : before
}

function segmentsOf({ submittedAt, startedAt, endedAt }: Attempt, sinceMs: number | null, nowMs: number): Segment[] {
  const [submitted, started, ended] = [ms(submittedAt), ms(startedAt), ms(endedAt) ?? nowMs]
  return parted([
    ['waiting', sinceMs, submitted ?? started ?? ended],
    ['starting', submitted, started ?? ended],
    ['running', started, ended],
  ])
}

/** Leaves out what did not happen; clocks of two machines may put an end before its beginning. */
function parted(parts: readonly (readonly [SegmentKind, number | null, number])[]): Segment[] {
  return parts.flatMap(([kind, fromMs, untilMs]) =>
    fromMs === null || untilMs < fromMs ? [] : [{ kind, fromMs, untilMs }],
  )
}

const NICE_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400].map(
  (s) => s * 1000,
)

/** Marks of the time axis, in milliseconds from the start: at most six, at lengths that people count in. */
export function ticksOf(spanMs: number): number[] {
  const stepMs = NICE_MS.find((length) => spanMs / length <= 6) ?? Math.ceil(spanMs / 6 / 86_400_000) * 86_400_000
  return Array.from({ length: Math.floor(spanMs / stepMs) + 1 }, (_, i) => i * stepMs)
}
