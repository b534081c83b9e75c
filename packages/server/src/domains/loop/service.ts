import type { loop, LoopRow, ResultOf } from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import type { LoopDeps } from './deps.ts'
import { type ModelFacts, readFacts } from './facts.ts'
import { mostUrgent, needsOf, needsOfPipelines, nextStep } from './next-step.ts'
import { byUrgency, stationsOf, worstOf } from './stations.ts'
import { turnsOf } from './turns.ts'

export type { LoopDeps } from './deps.ts'

export type LoopView = ResultOf<(typeof loop)['read']>

export interface Loop {
  read(caller: Caller): Promise<LoopView>
}

/** Puts together where every model is in its loop; owns no table and changes nothing. */
export function createLoop(deps: LoopDeps): Loop {
  return {
    async read(caller) {
      const { models: facts, others } = await readFacts(deps, caller)
      const rows = facts.map(rowOf).toSorted((a, b) => byUrgency.indexOf(a.worst) - byUrgency.indexOf(b.worst))
      return {
        needsYou: mostUrgent([...needsOfPipelines(others), ...facts.flatMap(needsOf)]),
        rows,
        totals: {
          modelsLive: rows.filter(({ liveVersion }) => liveVersion !== null).length,
          drifting: facts.filter(({ monitor }) => monitor?.status === 'drift' || monitor?.status === 'decay').length,
          blocked: facts.filter(isBlocked).length,
        },
      }
    },
  }
}

function rowOf(facts: ModelFacts): LoopRow {
  const { model, owner, endpoint, monitor, windows, data } = facts
  const stations = stationsOf(facts)
  return {
    model,
    owner,
    endpoint: endpoint?.name ?? null,
    liveVersion: endpoint?.version ?? null,
    stations,
    requestsPerSecond: endpoint?.traffic.requestsPerSecond ?? 0,
    predictionCount: monitor?.recordCount ?? 0,
    performance: windows
      .filter(({ closed }) => closed)
      .map(({ start, performance }) => ({ start, auc: performance.auc }))
      .toReversed(),
    eventTime: monitor?.watermark ?? data?.eventTimeMax ?? null,
    worst: worstOf(stations),
    next: nextStep(facts),
    turns: turnsOf(facts),
  }
}

/** Whether something stands still until a person does something; an incident alone stops nothing. */
const isBlocked = (facts: ModelFacts) => needsOf(facts).some(({ kind }) => kind !== 'incident')
