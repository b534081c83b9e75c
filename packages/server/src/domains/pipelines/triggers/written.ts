import { TriggerSpec, type WrittenTrigger } from '@evenkeel/contract'
import { datasetOf } from './consider.ts'
import { nextOccurrences, whyNotCron } from './cron.ts'
import type { TriggerRow } from './store.ts'

/** Why a trigger can never fire as it is written, or `undefined` when it can. */
export function whyNotTrigger(trigger: WrittenTrigger, hasSecret: boolean): string | undefined {
  const { on, window, secret } = trigger
  if (window && datasetOf(trigger) === undefined) {
    return 'A training window needs the dataset it is cut from; name it in "dataset".'
  }
  if (secret !== undefined && on.kind !== 'webhook') return 'Only a webhook has a secret; leave it out.'
  switch (on.kind) {
    case 'cron':
      return whyNotCron(on)
    case 'data': {
      const { quietSeconds, maxWaitSeconds } = on.debounce ?? { quietSeconds: 0, maxWaitSeconds: 0 }
      return maxWaitSeconds < quietSeconds ? 'The debounce must not wait for less long than it is quiet.' : undefined
    }
    case 'folder': {
      const { quietSeconds, maxWaitSeconds } = on.debounce
      return maxWaitSeconds < quietSeconds ? '"max_wait" must not be shorter than "quiet".' : undefined
    }
    case 'webhook':
      return hasSecret || secret !== undefined ? undefined : 'A webhook needs a secret of 16 to 256 characters.'
    // What is written of a bucket is looked at where it is asked.
    case 'bucket':
    case 'sql':
    case 'schedule':
    case 'decay':
    case 'drift':
    case 'model':
    case 'pipeline':
      return undefined
  }
}

/**
 * From when on a cron trigger is looked at, and when next. One that is written again as it was keeps what it has not
 * looked at yet; a new schedule says nothing about the past.
 */
export function lookOf(
  { on, enabled }: TriggerSpec,
  before: TriggerRow | undefined,
  now: Date,
): Pick<TriggerRow, 'looked_until' | 'next_at'> {
  if (on.kind !== 'cron' || !enabled) return { looked_until: null, next_at: null }
  const old = before && TriggerSpec.parse(before.spec).on
  const isSame = old?.kind === 'cron' && old.cron === on.cron && old.timezone === on.timezone
  const lookedUntil = (isSame && before?.looked_until) || now
  return { looked_until: lookedUntil, next_at: nextOccurrences(on, lookedUntil, 1)[0]! }
}
