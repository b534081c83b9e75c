import type { Client } from '@evenkeel/client'
import type { artifacts, registry } from '@evenkeel/contract'
import type { Progress } from '../import/progress.ts'
import type { Source } from '../import/source/index.ts'
import type { Tally } from '../import/tally.ts'
import type { Known } from './known.ts'
import type { Target } from './target/index.ts'

/** What every part of an export has at hand. */
export interface ExportContext {
  /** This server, read over MLflow's API. */
  readonly source: Source
  readonly here: { readonly artifacts: Client<typeof artifacts>; readonly registry: Client<typeof registry> }
  readonly target: Target
  readonly known: Known
  readonly signal: AbortSignal
  readonly tally: Tally
  readonly progress: Progress
  readonly withDeleted: boolean
  /** Whether runs, models and files are sent again that were exported in full. */
  readonly full: boolean
  readonly concurrency: number
}
