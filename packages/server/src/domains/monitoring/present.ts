import type { Incident, PredictionRecord } from '@evenkeel/contract'
import type { PredictionRow } from './record-store.ts'
import type { IncidentRow } from './store.ts'

export function presentIncident(row: IncidentRow): Incident {
  return {
    id: row.id,
    monitor: row.monitor,
    endpoint: row.endpoint,
    model: row.model,
    kind: row.kind,
    state: row.state,
    title: row.title,
    // Written by `addIncident` as parts of an incident of the contract.
    what: row.what as Incident['what'],
    why: row.why as Incident['why'],
    fix: row.fix as Incident['fix'],
    eventTimeStart: row.event_time_start.toISOString(),
    eventTimeEnd: row.event_time_end?.toISOString() ?? null,
    openedAt: row.opened_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
    resolution: row.resolution,
  }
}

export function presentPrediction(row: PredictionRow): PredictionRecord {
  return {
    id: row.id,
    endpoint: row.endpoint,
    model: row.model,
    version: row.version,
    arm: row.arm,
    generation: row.generation,
    rolloutId: row.rollout_id,
    eventTime: row.event_time.toISOString(),
    servedAt: row.served_at.toISOString(),
    features: row.features as PredictionRecord['features'],
    score: row.score,
    pairedCandidate: row.paired_candidate,
    pairedChampion: row.paired_champion,
    latencyUs: row.latency_us,
    error: row.error,
  }
}
