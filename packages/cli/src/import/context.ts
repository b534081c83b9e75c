import type { Here } from './here.ts'
import type { Progress } from './progress.ts'
import type { Source } from './source/index.ts'
import type { Tally } from './tally.ts'

/** What every part of an import has at hand. */
export interface ImportContext {
  readonly source: Source
  readonly here: Here
  readonly signal: AbortSignal
  readonly tally: Tally
  readonly progress: Progress
  /** Whether deleted experiments and runs come too. */
  readonly withDeleted: boolean
  /** Whether runs are read again that were brought in full. */
  readonly full: boolean
  /** Runs that are worked on at once. */
  readonly concurrency: number
}
