import { TriggerSpec } from '@evenkeel/contract'
import { type Job, periodic } from '../../../platform/jobs.ts'
import type { PipelinesDeps } from '../needs.ts'
import { cronOccasions, nextOccurrences } from './cron.ts'
import { fire, fireWaiting } from './fire.ts'
import { firingsStore } from './firings-store.ts'
import { triggersStore, type TriggerRow } from './store.ts'

/** The rows say what is due; this only looks. Two queries a second while nothing is. */
export const triggerAlarm = (deps: PipelinesDeps): Job =>
  periodic('pipelines.triggers', 1, async () => {
    await lookAtCrons(deps)
    await lookAtWaiting(deps)
  })

export async function lookAtWaiting(deps: PipelinesDeps): Promise<void> {
  const due = await firingsStore(deps.db).dueFirings(deps.now())
  await each(deps, due, (firing) => fireWaiting(deps, firing))
}

async function lookAtCrons(deps: PipelinesDeps): Promise<void> {
  const due = await triggersStore(deps.db).dueTriggers(deps.now())
  await each(deps, due, (trigger) => lookAtCron(deps, trigger))
}

/** What is broken keeps nobody else waiting. */
async function each<T extends { readonly pipeline: string }>(
  { log }: PipelinesDeps,
  items: readonly T[],
  look: (item: T) => Promise<void>,
): Promise<void> {
  for (const item of items) {
    try {
      await look(item)
    } catch (error) {
      log.error({ err: error, pipeline: item.pipeline }, 'a trigger could not be looked at; it is tried again')
    }
  }
}

/** Dying in between does no harm: an occurrence that has fired is known by its time. */
async function lookAtCron(deps: PipelinesDeps, trigger: TriggerRow): Promise<void> {
  const { on } = TriggerSpec.parse(trigger.spec)
  if (on.kind !== 'cron' || trigger.looked_until === null) return
  const now = deps.now()
  for (const occasion of cronOccasions(on, trigger.looked_until, now)) await fire(deps, trigger, occasion)
  await triggersStore(deps.db).saveLook(trigger, now, nextOccurrences(on, now, 1)[0]!)
}
