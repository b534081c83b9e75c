import { TriggerSpec, type TriggerTest } from '@evenkeel/contract'
import { pipelinesStore } from '../store.ts'
import type { VersionRow } from '../version-store.ts'
import { consider } from './consider.ts'
import { cronOccasion, nextOccurrences } from './cron.ts'
import { firingsStore } from './firings-store.ts'
import { lastDays } from './last-days.ts'
import { monthEnded } from './month-end.ts'
import type { Occasion } from './occasion.ts'
import { triggersStore, type TriggerRow } from './store.ts'
import type { WatchDeps } from './query-look.ts'
import { verdictOn } from './verdict.ts'
import { nextLook } from './watch.ts'

/** What a trigger would do now; starts and stores nothing. */
export async function dryRun(deps: WatchDeps, trigger: TriggerRow, version: VersionRow): Promise<TriggerTest> {
  const spec = TriggerSpec.parse(trigger.spec)
  const { on } = spec
  const next = on.kind === 'cron' && spec.enabled ? nextOccurrences(on, deps.now(), 5) : []
  return {
    ...(await wouldStart(deps, trigger, version, spec)),
    next: next.map((moment) => moment.toISOString()),
    lastDays: await lastDays(deps, trigger, on),
  }
}

async function wouldStart(
  deps: WatchDeps,
  trigger: TriggerRow,
  version: VersionRow,
  spec: TriggerSpec,
): Promise<Pick<TriggerTest, 'wouldStart' | 'says'>> {
  const occasion = await occasionNow(deps, trigger, spec.on)
  if (typeof occasion === 'string') return { wouldStart: false, says: occasion }
  const { project_id: projectId, pipeline } = trigger
  const verdict = verdictOn({
    ...(await consider(deps, trigger, version, occasion)),
    occasion: occasion.says,
    trigger,
    spec,
    projectPause: await triggersStore(deps.db).projectPause(projectId),
    openRun: (await pipelinesStore(deps.db).openRunOf(projectId, pipeline))?.id ?? null,
    waitingBefore: (await firingsStore(deps.db).waitingFirings(projectId, pipeline)).length,
    lastStartedAt: (await firingsStore(deps.db).lastStarted(trigger))?.fired_at ?? null,
    now: deps.now(),
  })
  return { wouldStart: verdict.outcome === 'started', says: verdict.says }
}

/** The occasion that would be next, as if it came now; or in words why there is none. */
async function occasionNow(deps: WatchDeps, trigger: TriggerRow, on: TriggerSpec['on']): Promise<Occasion | string> {
  const now = deps.now()
  const asIf = (says: string): Occasion => ({ kind: on.kind, dedupeKey: '', says, eventTime: null })
  switch (on.kind) {
    case 'schedule':
      return (await monthEnded(deps, trigger, on.dataset)) ?? monthMissing(deps, trigger, on.dataset)
    case 'cron':
      return cronOccasion(on, now, now)
    case 'data':
      return asIf(`If a version of "${on.dataset}" were accepted now.`)
    case 'decay':
      return asIf(`If a monitor reported decay of "${on.endpoint}" now.`)
    case 'drift':
      return asIf(`If a monitor reported drift of "${on.endpoint}" now.`)
    case 'model':
      return asIf(`If a version of "${on.model}" were ${on.event} now.`)
    case 'pipeline':
      return asIf(`If a run of "${on.pipeline}" ended as ${on.state} now.`)
    case 'webhook':
      return asIf('If a signed request came in now.')
    case 'folder':
    case 'bucket':
    case 'sql':
      return nextLook(deps, trigger, on)
  }
}

async function monthMissing(deps: WatchDeps, trigger: TriggerRow, dataset: string): Promise<string> {
  const before = await firingsStore(deps.db).newestMonth(trigger)
  return before === undefined
    ? `No calendar month of "${dataset}" is complete yet.`
    : `It has fired for ${before}, and no later month of "${dataset}" is complete.`
}
