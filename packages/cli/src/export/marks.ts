import type { SourceRun } from '../import/source/index.ts'

export type Tag = SourceRun['data']['tags'][number]

/** Tags that an export writes over there. What carries one of the first five was made by it. */
export const marks = {
  experiment: 'evenkeel.experiment_id',
  run: 'evenkeel.run_id',
  loggedModel: 'evenkeel.model_id',
  model: 'evenkeel.model',
  version: 'evenkeel.version',
  /** Of what was exported in full: what it was then. */
  revision: 'evenkeel.revision',
  /** Of files that stay in their own store: where they lie. */
  files: 'evenkeel.artifact_uri',
  /** The server over there sets its own. */
  createdAt: 'evenkeel.created_at',
  createdBy: 'evenkeel.created_by',
  gate: 'evenkeel.gate',
  canary: 'evenkeel.canary',
  card: 'evenkeel.card',
} as const

const keys: ReadonlySet<string> = new Set(Object.values(marks))

/** A thing may have been here, there and here again: marks of an earlier export say nothing about this one. */
export const withoutMarks = (tags: readonly Tag[]): readonly Tag[] => tags.filter(({ key }) => !keys.has(key))

export const valueOf = (tags: readonly Tag[], key: string): string | undefined =>
  tags.find((tag) => tag.key === key)?.value

/** Those that are not there, or with another value. */
export function missingTags(wanted: readonly Tag[], there: readonly Tag[]): readonly Tag[] {
  const values = new Map(there.map(({ key, value }) => [key, value]))
  return wanted.filter(({ key, value }) => values.get(key) !== value)
}
