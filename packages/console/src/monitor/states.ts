import type { Monitor } from '@evenkeel/contract'
import type { StateLook } from '../ui/StateMark.tsx'

/** How each state of a monitor looks and reads. */
export const MONITOR_STATES: Readonly<Record<Monitor['status'], StateLook>> = {
  ok: { mark: 'done', word: 'healthy' },
  drift: { mark: 'attention', word: 'drifting' },
  decay: { mark: 'failed', word: 'decayed' },
  no_data: { mark: 'idle', word: 'no data yet' },
}
