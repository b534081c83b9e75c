import type { RetentionLosses } from '@evenkeel/contract'

export const nothingLost: RetentionLosses = {
  deletedRuns: 0,
  strippedRuns: 0,
  purgedRuns: 0,
  purgedExperiments: 0,
  points: 0,
  loggedModels: 0,
  traces: 0,
  files: 0,
  sizeBytes: 0,
}

export function addedLosses(sum: RetentionLosses, more: Partial<RetentionLosses>): RetentionLosses {
  const names = Object.keys(nothingLost) as (keyof RetentionLosses)[]
  return Object.fromEntries(names.map((name) => [name, sum[name] + (more[name] ?? 0)])) as RetentionLosses
}
