import type { StepSpec } from '@evenkeel/contract'
import { liveOf, type Plan, type States } from './states.ts'

/** What a run or an attempt needs of something that there is only so much of. */
export interface Claim {
  /** `slot gpu`, `group db` (of attempts), `runs churn` (of runs). */
  readonly place: string
  readonly count: number
  /** How many there are; null: as many as the project declares. */
  readonly limit: number | null
}

/** A live attempt, or a run that has begun; then `step` is null. */
export interface Holder {
  readonly run: string
  readonly step: string | null
  readonly claims: readonly Claim[]
  readonly gpus: readonly number[]
  /** Somebody has asked its run to end. */
  readonly isStopping: boolean
}

/** A step, or a run that has not begun; then `step` is null. */
export interface Waiter {
  readonly run: string
  readonly step: string | null
  readonly priority: number
  readonly claims: readonly Claim[]
  /** It stops waiting once a newer run waits for the same. */
  readonly yields: boolean
}

/** What other runs of the project hold and wait for, as it is while the lock of the places is held. */
export interface Places {
  /** The run that looks, and its priority. */
  readonly run: string
  readonly priority: number
  /** Of slots, by place. */
  readonly capacities: Readonly<Record<string, number>>
  readonly held: readonly Holder[]
  /** Who comes first stands first. */
  readonly line: readonly Waiter[]
}

/** For runs that need no place. */
export const noPlaces: Places = { run: '', priority: 0, capacities: {}, held: [], line: [] }

export const gpus = 'slot gpu'

/** What an attempt of a step needs. */
export function claimsOf({ resources, concurrency }: StepSpec): Claim[] {
  const slots = Object.entries({ ...resources.slots, ...(resources.gpu > 0 && { gpu: resources.gpu }) })
  return [
    ...slots.map(([name, count]) => ({ place: `slot ${name}`, count, limit: null })),
    ...(concurrency ? [{ place: `group ${concurrency.group}`, count: 1, limit: concurrency.limit }] : []),
  ]
}

/** What a run needs to begin. */
export const runClaims = (concurrency: Pick<NonNullable<Plan['concurrency']>, 'group' | 'limit'> | null): Claim[] =>
  concurrency ? [{ place: `runs ${concurrency.group}`, count: 1, limit: concurrency.limit }] : []

export const needsPlaces = ({ concurrency, steps }: Plan): boolean =>
  concurrency !== null || steps.some(({ claims }) => claims.length > 0)

/** Attempts of a run that live. */
export const holdersOf = ({ run, steps }: States, id: string): Holder[] =>
  liveOf(steps)
    .filter(({ live: { holds } }) => holds.length > 0)
    .map(({ key, live: { holds, gpus } }) => ({
      run: id,
      step: key,
      claims: holds,
      gpus,
      isStopping: run.cancel !== null,
    }))

/** The first claim that cannot be met, and what stands against it. */
export interface Lack {
  readonly claim: Claim
  readonly capacity: number
  /** Not held; more than zero while others are before it. */
  readonly free: number
  readonly holders: readonly Holder[]
  readonly before: readonly Waiter[]
}

/** Counts who has what, while a run decides. */
export function openLedger({ run, priority, capacities, held, line }: Places, own: readonly Holder[]) {
  const holders = [...held, ...own]
  // Nobody overtakes: what those before it wait for is kept for them.
  const before = line.filter((waiter) => isBefore(waiter, { run, priority }))

  const lackOf = (claims: readonly Claim[]): Lack | undefined => {
    for (const claim of claims) {
      const capacity = claim.limit ?? capacities[claim.place] ?? 0
      const free = capacity - countOf(holders, claim.place)
      if (claim.count + countOf(before, claim.place) <= free) continue
      const wants = ({ claims }: Holder | Waiter) => claims.some(({ place }) => place === claim.place)
      return { claim, capacity, free, holders: holders.filter(wants), before: before.filter(wants) }
    }
    return undefined
  }

  return {
    lackOf,
    /** Indexes of GPUs that nobody has, the lowest first. */
    freeGpus(claims: readonly Claim[]): number[] {
      const taken = new Set(holders.flatMap(({ gpus }) => gpus))
      const count = claims.find(({ place }) => place === gpus)?.count ?? 0
      const all = Array.from({ length: taken.size + count }, (_, index) => index)
      return all.filter((index) => !taken.has(index)).slice(0, count)
    },
    hold: (holder: Holder) => void holders.push(holder),
    wait: (waiter: Waiter) => void before.push(waiter),
  }
}

const isBefore = (waiter: Pick<Waiter, 'run' | 'priority'>, own: Pick<Waiter, 'run' | 'priority'>): boolean =>
  waiter.priority === own.priority ? waiter.run < own.run : waiter.priority > own.priority

const countOf = (all: readonly (Holder | Waiter)[], place: string): number =>
  all.reduce((sum, { claims }) => sum + (claims.find((claim) => claim.place === place)?.count ?? 0), 0)

/** Other runs that should look now: their turn has come, or they give way to this one. */
export function runsToWake(places: Places, plan: Plan, states: States): string[] {
  const { run, priority } = places
  const own = sharesOf(plan, states, run, priority)
  const next = nextInLine({
    ...places,
    held: [...places.held, ...own.held],
    line: [...places.line, ...own.line].toSorted(inLine),
  })
  const [entry] = states.run.state === 'queued' ? runClaims(plan.concurrency) : []
  const yielding = entry ? places.line.filter((waiter) => givesWay(waiter, run, entry.place)) : []
  return [...new Set([...next, ...yielding].map((waiter) => waiter.run))].filter((other) => other !== run)
}

/** What a run and its steps hold and wait for. */
export function sharesOf(plan: Plan, states: States, run: string, priority: number): Pick<Places, 'held' | 'line'> {
  const { state, cancel } = states.run
  const claims = runClaims(plan.concurrency)
  const own = { run, priority, isStopping: cancel !== null, yields: givesWayTo(plan.concurrency), gpus: [] }
  const steps = states.steps.filter(({ wants }) => wants.length > 0)
  return {
    held: [
      ...holdersOf(states, run),
      ...(claims.length > 0 && (state === 'running' || state === 'waiting') ? [{ ...own, step: null, claims }] : []),
    ],
    line: [
      // One that is to end does not begin any more.
      ...(claims.length > 0 && state === 'queued' && cancel === null ? [{ ...own, step: null, claims }] : []),
      ...steps.map(({ key, wants }) => ({ run, step: key, priority, claims: wants, yields: false })),
    ],
  }
}

/** Whether a run leaves the line of its group to a newer one. */
export const givesWayTo = (concurrency: Pick<NonNullable<Plan['concurrency']>, 'whenBusy'> | null): boolean =>
  concurrency?.whenBusy === 'replace' || concurrency?.whenBusy === 'cancel_running'

/** The highest priority first, then the oldest run; steps of one run stay in their order. */
export function inLine(a: Waiter, b: Waiter): number {
  if (isBefore(a, b)) return -1
  return isBefore(b, a) ? 1 : 0
}

const givesWay = ({ yields, run, claims }: Waiter, newer: string, place: string): boolean =>
  yields && run < newer && claims.some((claim) => claim.place === place)

/** Those whose turn it is: they fit beside all who hold something and all before them. */
export function nextInLine({ line, held, capacities }: Pick<Places, 'line' | 'held' | 'capacities'>): Waiter[] {
  const next: Waiter[] = []
  const used = new Map<string, number>()
  const use = ({ claims }: Holder | Waiter) => {
    for (const { place, count } of claims) used.set(place, (used.get(place) ?? 0) + count)
  }
  held.forEach(use)
  for (const waiter of line) {
    use(waiter)
    const fits = ({ place, limit }: Claim) => used.get(place)! <= (limit ?? capacities[place] ?? 0)
    if (waiter.claims.every(fits)) next.push(waiter)
  }
  return next
}

/** Names what is lacking, and says who has it: `a GPU: held by the step "train" of the run 0199`. */
export function wordsOf({ claim, capacity, free, holders, before }: Lack, run: string): string {
  const wanted = nameOf(claim)
  if (claim.count > capacity) {
    const name = claim.place.slice('slot '.length)
    return `${wanted}: there ${areOrIs(capacity)}; raise it with "evenkeel slots set ${name} ${claim.count}"`
  }
  // With enough of them free, it is the line that holds it up.
  if (free >= claim.count) return `${wanted}: ${listOf(before, run)} ${isOrAre(before)} before it`
  return `${wanted}: held by ${listOf(holders, run)}`
}

const areOrIs = (count: number): string => (count === 1 ? 'is 1' : `are ${count}`)
const isOrAre = (all: readonly unknown[]): string => (all.length === 1 ? 'is' : 'are')

function nameOf({ place, count }: Claim): string {
  const name = place.slice(place.indexOf(' ') + 1)
  if (place === gpus) return count === 1 ? 'a GPU' : `${count} GPUs`
  if (place.startsWith('slot ')) return count === 1 ? `the slot "${name}"` : `${count} of the slot "${name}"`
  return `a place in the group "${name}"`
}

const shownCount = 3

/** Sorted, so that everybody says the same. */
function listOf(all: readonly (Holder | Waiter)[], own: string): string {
  const names = [...new Set(all.map((one) => whoIs(one, own)))].toSorted()
  const shown = names.slice(0, shownCount)
  const rest = names.length - shown.length
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}` : shown[0]!
}

function whoIs({ run, step }: Holder | Waiter, own: string): string {
  const of = run === own ? 'this run' : `the run ${run}`
  return step === null ? of : `the step "${step}" of ${of}`
}
