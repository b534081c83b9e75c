import type { LoopRow } from '@evenkeel/contract'
import type { MarkState } from '../ui/index.ts'

type Outcome = LoopRow['turns'][number]['outcome']

/** How the end of a turn looks and reads. */
export const OUTCOMES: Readonly<Record<Outcome, { readonly state: MarkState; readonly word: string }>> = {
  promoted: { state: 'done', word: 'promoted' },
  refused: { state: 'failed', word: 'refused' },
  rolled_back: { state: 'attention', word: 'rolled back' },
  running: { state: 'active', word: 'running' },
  passed: { state: 'idle', word: 'passed' },
  failed: { state: 'failed', word: 'failed' },
  logged: { state: 'idle', word: 'not served' },
}
