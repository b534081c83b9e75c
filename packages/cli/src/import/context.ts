import type { Here } from './here.ts'
import type { Progress } from './progress.ts'
import type { Source } from './source/index.ts'
import type { Tally } from './tally.ts'

/** What every part of a move has at hand, in either direction. */
export interface MoveContext {
  readonly signal: AbortSignal
  readonly tally: Tally
  readonly progress: Progress
  /** Whether deleted experiments and runs move too. */
  readonly withDeleted: boolean
  /** Whether things are moved again that were moved in full. */
  readonly full: boolean
  /** Runs that are worked on at once. */
  readonly concurrency: number
}

/** What every part of an import has at hand. */
export interface ImportContext extends MoveContext {
  readonly source: Source
  readonly here: Here
}
