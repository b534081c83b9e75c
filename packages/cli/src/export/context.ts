import type { Client } from '@evenkeel/client'
import type { artifacts, registry } from '@evenkeel/contract'
import type { MoveContext } from '../import/context.ts'
import type { Source } from '../import/source/index.ts'
import type { Known } from './known.ts'
import type { Target } from './target/index.ts'

/** What every part of an export has at hand. */
export interface ExportContext extends MoveContext {
  /** This server, read over MLflow's API. */
  readonly source: Source
  readonly here: { readonly artifacts: Client<typeof artifacts>; readonly registry: Client<typeof registry> }
  readonly target: Target
  readonly known: Known
}
