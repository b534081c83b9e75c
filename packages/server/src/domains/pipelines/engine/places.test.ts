import { seededRandom } from '@evenkeel/numerics'
import { describe, expect, it } from 'vitest'
import { recordEnd, recordLookUp, recordStart, requestCancel, settle } from './apply.ts'
import { type Claim, noPlaces, openLedger, type Places, runsToWake, sharesOf, wordsOf } from './places.ts'
import { hasEnded, isLive, type Plan, type PlannedStep, type States } from './states.ts'
import { fresh, plainStep } from './testing.ts'

type Random = () => number

const whole = (random: Random, below: number) => Math.floor(random() * below)
const pick = <T>(random: Random, items: readonly T[]): T => items[whole(random, items.length)]!

/** A run of a project, as a server sees it. */
interface Running {
  readonly id: string
  readonly priority: number
  readonly plan: Plan
  states: States
  wakeAt: number | null
}

const capacities = { 'slot gpu': 3, 'slot licence': 1 }
const limits: Readonly<Record<string, number>> = { ...capacities, 'group db': 2, 'runs nightly': 1, 'runs wide': 2 }
const outcomes = ['ok', 'ok', 'exit', 'lost'] as const
const policies = ['queue', 'skip', 'replace', 'cancel_running'] as const

const stepOf = (random: Random, at: number): PlannedStep => ({
  ...plainStep,
  key: `s${at}`,
  needs: at > 0 && random() < 0.4 ? [`s${at - 1}`] : [],
  when: random() < 0.2 ? 'always' : 'success',
  retries: whole(random, 2),
  retryOn: ['exit'],
  timeoutMs: 1e9,
  claims: [
    ...(random() < 0.5 ? [{ place: 'slot gpu', count: 1 + whole(random, 3), limit: null }] : []),
    ...(random() < 0.3 ? [{ place: 'slot licence', count: 1, limit: null }] : []),
    ...(random() < 0.3 ? [{ place: 'group db', count: 1, limit: 2 }] : []),
  ],
})

function runOf(random: Random, at: number): Running {
  const group = pick(random, ['nightly', 'wide', undefined])
  const steps = Array.from({ length: 1 + whole(random, 4) }, (_, step) => stepOf(random, step))
  const plan: Plan = {
    steps,
    maxLiveAttempts: 1 + whole(random, 3),
    timeoutMs: null,
    concurrency:
      group === undefined ? null : { group, limit: limits[`runs ${group}`]!, whenBusy: pick(random, policies) },
  }
  return { id: `r${at}`, priority: pick(random, [0, 0, 0, 5, -5]), plan, states: fresh(plan), wakeAt: null }
}

/** A project whose runs are looked at only when they are woken, when something happens to them, or at their time. */
function project(runs: readonly Running[], check: (looked: Running, before: States, places: Places) => void) {
  const queue = new Set(runs)

  function advance(one: Running, change: (states: States) => States, now: number): void {
    const places = placesOf(runs, one)
    const before = one.states
    let settled = settle(one.plan, change(before), now, places)
    while (settled.lookUps.length > 0) {
      const first = { code: 'first', says: 'New.', fromRun: null } as const
      const known = settled.lookUps.reduce((sum, key) => recordLookUp(sum, key, first), settled.states)
      settled = settle(one.plan, known, now, places)
    }
    one.states = settled.states
    one.wakeAt = settled.wakeAt
    for (const id of runsToWake(places, one.plan, one.states)) queue.add(runs.find((run) => run.id === id)!)
    check(one, before, places)
    for (const id of settled.cancels) {
      const other = runs.find((run) => run.id === id)!
      advance(other, (states) => (hasEnded(states.run) ? states : requestCancel(states, 'Newer.', now)), now)
    }
  }

  return { queue, advance }
}

function placesOf(runs: readonly Running[], { id, priority }: Running): Places {
  const shares = runs
    .filter((other) => other.id !== id)
    .map((other) => sharesOf(other.plan, other.states, other.id, other.priority))
  const line = shares.flatMap((share) => share.line)
  const ordered = line.toSorted((a, b) => b.priority - a.priority || Number(a.run.slice(1)) - Number(b.run.slice(1)))
  return { run: id, priority, capacities, held: shares.flatMap(({ held }) => held), line: ordered }
}

/** Lives all runs of a project to their end. */
function liveAll(random: Random, runs: readonly Running[], check: Parameters<typeof project>[1]): void {
  const { queue, advance } = project(runs, check)
  for (let now = 0, turn = 0; turn < 5000; turn++, now += whole(random, 500)) {
    if (runs.every(({ states }) => hasEnded(states.run))) return
    const woken = [...queue][0]
    const live = runs.flatMap((run) => run.states.steps.flatMap((step) => liveOf(run, step)))
    const due = runs.filter(({ wakeAt }) => wakeAt !== null).toSorted((a, b) => a.wakeAt! - b.wakeAt!)[0]
    if (woken && random() < 0.6) {
      queue.delete(woken)
      advance(woken, (states) => states, now)
    } else if (live.length > 0) {
      const { run, key, attempt, started } = pick(random, live)
      const id = { step: key, attempt }
      const ending = { outcome: pick(random, outcomes), reason: 'So it was.' }
      advance(run, (states) => (started ? recordEnd(states, id, ending, now) : recordStart(states, id, now)), now)
    } else if (due && !woken) {
      now = Math.max(now, due.wakeAt!)
      advance(due, (states) => states, now)
    } else if (!woken) {
      throw new Error(`Nobody is woken any more: ${JSON.stringify(runs.map(({ id, states }) => ({ id, states })))}`)
    }
  }
  throw new Error('The runs do not end.')
}

const liveOf = (run: Running, { key, attempts }: States['steps'][number]) =>
  attempts.filter(isLive).map(({ attempt, startedAt }) => ({ run, key, attempt, started: startedAt !== null }))

const countOf = (held: readonly { readonly claims: readonly Claim[] }[], place: string) =>
  held.flatMap(({ claims }) => claims.filter((claim) => claim.place === place)).reduce((sum, one) => sum + one.count, 0)

describe('places, over random projects', () => {
  it('are never given twice, nobody overtakes, and every run ends because somebody wakes it', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed)
      const runs = Array.from({ length: 2 + whole(random, 5) }, (_, at) => runOf(random, at))

      liveAll(random, runs, ({ plan, states, id }, before, places) => {
        const held = [...places.held, ...sharesOf(plan, states, id, 0).held]
        for (const [place, limit] of Object.entries(limits)) expect(countOf(held, place)).toBeLessThanOrEqual(limit)
        const gpus = held.flatMap((holder) => holder.gpus)
        expect(gpus.length).toBe(countOf(held, 'slot gpu'))
        expect(new Set(gpus).size).toBe(gpus.length)
        const begins = before.run.state === 'queued' && states.run.state === 'running'
        if (!begins || plan.concurrency?.group !== 'nightly') return
        const ahead = openLedger(places, []).lackOf([{ place: 'runs nightly', count: 1, limit: 1 }])
        expect({ seed, ahead }).toEqual({ seed, ahead: undefined })
      })
      for (const { states } of runs) {
        expect(states.run).toMatchObject({ reason: expect.any(String), endedAt: expect.any(Number) })
        expect(states.steps.every(({ reason, wants }) => reason !== null && wants.length === 0)).toBe(true)
      }
    }
  })
})

describe('the reason to wait', () => {
  const holder = (run: string, step: string, claims: Claim[]) => ({ run, step, claims, gpus: [], isStopping: false })
  const gpu = (count: number): Claim => ({ place: 'slot gpu', count, limit: null })
  const says = (places: Partial<Places>, claim: Claim) =>
    wordsOf(openLedger({ ...noPlaces, run: 'r5', capacities, ...places }, []).lackOf([claim])!, 'r5')

  it('names who holds the place', () => {
    const held = [holder('r1', 'train', [gpu(2)]), holder('r5', 'fit', [gpu(1)])]

    expect(says({ held }, gpu(1))).toBe('a GPU: held by the step "fit" of this run and the step "train" of the run r1')
  })

  it('names who is before it, though enough is free', () => {
    const line = [{ run: 'r4', step: 'train', priority: 0, claims: [gpu(3)], yields: false }]

    expect(says({ line }, gpu(1))).toBe('a GPU: the step "train" of the run r4 is before it')
    const younger = [{ ...line[0]!, run: 'r6' }]
    expect(openLedger({ ...noPlaces, run: 'r5', capacities, line: younger }, []).lackOf([gpu(1)])).toBeUndefined()
  })

  it('says what to do when there are no longer enough', () => {
    expect(says({ capacities: { 'slot gpu': 1 } }, gpu(2))).toBe(
      '2 GPUs: there is 1; raise it with "evenkeel slots set gpu 2"',
    )
  })
})
