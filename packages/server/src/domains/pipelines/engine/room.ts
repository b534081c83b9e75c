import type { Action } from './decide.ts'
import { matrixOf } from './halt.ts'
import { holdersOf, openLedger, type Places, wordsOf } from './places.ts'
import { liveOf, type Plan, type PlannedStep, type States, type StepNow } from './states.ts'

/** Counts what may still start, while a run decides about its steps in their order. */
export function openRoom(plan: Plan, states: States, places: Places) {
  const { run, priority } = places
  const ledger = openLedger(places, holdersOf(states, run))
  const matrices = new Map<string, number>()
  const live = new Set(liveOf(states.steps).map(({ key }) => key))
  for (const step of plan.steps)
    if (step.maxParallel !== null) count(matrices, matrixOf(step), live.has(step.key) ? 1 : 0)
  let free = plan.maxLiveAttempts - live.size
  let inLine = 0

  return {
    /** What comes of a step that would start its next attempt. */
    admit({ key, claims, maxParallel }: PlannedStep, step: StepNow, attempt: number): Action | undefined {
      // Whoever ends next makes room, and that is news enough to decide again.
      if (free <= 0 || (maxParallel !== null && matrices.get(matrixOf(step))! >= maxParallel)) return stepAside(step)
      const lack = ledger.lackOf(claims)
      // Nobody stands in line with more steps than the run could start: they would hold up others for nothing.
      if (lack && inLine >= free) return stepAside(step)
      if (maxParallel !== null) count(matrices, matrixOf(step), 1)
      if (lack) {
        inLine++
        ledger.wait({ run, step: key, priority, claims, yields: false })
        return waitFor(step, claims, `Waits for ${wordsOf(lack, run)}.`)
      }
      free--
      const gpus = ledger.freeGpus(claims)
      ledger.hold({ run, step: key, claims, gpus, isStopping: false })
      return { kind: 'submit', step: key, attempt, holds: claims, gpus }
    },
  }
}

const count = (counts: Map<string, number>, key: string, more: number) =>
  void counts.set(key, (counts.get(key) ?? 0) + more)

const stepAside = ({ key, wants }: StepNow): Action | undefined =>
  wants.length > 0 ? { kind: 'step_aside', step: key } : undefined

function waitFor(step: StepNow, wants: PlannedStep['claims'], reason: string): Action | undefined {
  if (step.wants.length > 0 && step.reason === reason) return undefined
  return { kind: 'wait', step: step.key, reason, wants }
}
