import {
  type Firing,
  pipelinesErrors,
  type Trigger,
  type TriggerTest,
  triggersErrors,
  type WrittenTrigger,
} from '@evenkeel/contract'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import { type Db, json } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import type { Subscription } from '../../../platform/events.ts'
import type { Job } from '../../../platform/jobs.ts'
import { type Page, pageOf } from '../../../platform/page.ts'
import { refuseStep } from '../refuse-step.ts'
import { pipelinesStore } from '../store.ts'
import type { VersionRow } from '../version-store.ts'
import { lookAtWaiting, triggerAlarm } from './alarm.ts'
import { dryRun } from './dry-run.ts'
import { skipWaiting } from './fire.ts'
import { type FiringFilter, firingsStore } from './firings-store.ts'
import { type Delivery, receiveHook } from './hook.ts'
import { type Pause, presentPause } from './pause.ts'
import { presentFiring, presentTrigger } from './present.ts'
import type { WatchDeps } from './query-look.ts'
import { triggerSubscriptions } from './sources.ts'
import { type TriggerKey, triggersStore, type TriggerRow } from './store.ts'
import { saveStart, startOfWatch, watchJobs } from './watch.ts'
import { watchStore } from './watch-store.ts'
import { lookOf, whyNotTrigger } from './written.ts'

const fail = failures({ ...pipelinesErrors, ...triggersErrors })

interface Target {
  readonly pipeline: string
  readonly trigger: string
}

export interface Triggers {
  /** The pipeline must exist. @throws DomainError `pipelines.trigger_invalid` */
  put(caller: Caller, target: Target, written: WrittenTrigger): Promise<void>
  list(caller: Caller): Promise<{ items: Trigger[]; paused: Pause | null }>
  listFirings(caller: Caller, filter: FiringFilter & { readonly limit: number }): Promise<Page<Firing>>
  pause(caller: Caller, target: Target, why: string): Promise<Trigger>
  resume(caller: Caller, target: Target, why: string): Promise<Trigger>
  pauseAll(caller: Caller, why: string): Promise<{ paused: Pause | null }>
  resumeAll(caller: Caller, why: string): Promise<{ paused: Pause | null }>
  /** Returns what it was. */
  remove(caller: Caller, target: Target): Promise<Trigger>
  test(caller: Caller, target: Target): Promise<TriggerTest>
  /** Returns the id of the firing. @throws DomainError `pipelines.hook_refused` */
  receive(target: Target & { readonly project: string }, delivery: Delivery): Promise<string>
  readonly subscriptions: readonly Subscription[]
  readonly jobs: readonly Job[]
}

export function createTriggers(deps: WatchDeps): Triggers {
  const { db, now } = deps

  async function find(caller: Caller, target: Target): Promise<TriggerRow> {
    const found = await triggersStore(db).findTrigger(keyOf(caller.projectId, target))
    if (!found) throw fail('pipelines.trigger_not_found', target)
    return found
  }

  async function present(row: TriggerRow): Promise<Trigger> {
    const { project_id: projectId, pipeline, name: trigger } = row
    const problem = (await watchStore(db).findWatch(row))?.problem
    const [lastFiring] = await firingsStore(db).listFirings(projectId, { pipeline, trigger }, 1)
    return presentTrigger(row, lastFiring, await triggersStore(db).projectPause(projectId), problem)
  }

  async function projectPause(projectId: string): Promise<{ paused: Pause | null }> {
    const row = await triggersStore(db).projectPause(projectId)
    return { paused: row ? presentPause(row) : null }
  }

  /** Changes one trigger under the lock of its pipeline, and writes down who did it. */
  async function change(
    caller: Caller,
    target: Target,
    { action, why }: Decision,
    act: (tx: Db, key: TriggerKey) => Promise<void>,
  ) {
    refuseStep(caller)
    const { projectId, userName: actor } = caller
    await db.transaction().execute(async (tx) => {
      await pipelinesStore(tx).lockPipeline(projectId, target.pipeline)
      await act(tx, keyOf(projectId, target))
      const subject = `${target.pipeline}/${target.trigger}`
      await audit(tx, { projectId, actor, action: `pipelines.${action}_trigger`, subject, reason: why })
    })
  }

  return {
    async put(caller, target, { secret, ...spec }) {
      refuseStep(caller)
      const { projectId, userId, userName: actor } = caller
      const key = keyOf(projectId, target)
      const start = await startOfWatch(deps, projectId, spec)
      const hasSecret = (await triggersStore(db).readSecret(key)) !== undefined
      const reason = whyNotTrigger({ ...spec, secret }, hasSecret) ?? start.reason
      if (reason) throw fail('pipelines.trigger_invalid', { reason }, { why: reason })
      await db.transaction().execute(async (tx) => {
        const store = triggersStore(tx)
        await pipelinesStore(tx).lockPipeline(projectId, target.pipeline)
        const look = lookOf(spec, await store.findTrigger(key), now())
        await store.putTrigger({ ...key, ...look, spec: json(spec), user_id: userId, updated_at: now() })
        if (secret !== undefined) await store.putSecret(key, secret)
        await saveStart(tx, key, spec, start.files, now())
        const subject = `${target.pipeline}/${target.trigger}`
        await audit(tx, { projectId, actor, action: 'pipelines.put_trigger', subject, after: spec })
      })
    },

    async list({ projectId }) {
      const { paused } = await projectPause(projectId)
      const pause = await triggersStore(db).projectPause(projectId)
      const firings = await firingsStore(db).newestFirings(projectId)
      const lastOf = new Map(firings.map((firing) => [`${firing.pipeline}/${firing.trigger}`, firing]))
      const rows = await triggersStore(db).triggersOf(projectId)
      const problems = await watchStore(db).problems(projectId)
      const items = rows.map((row) => {
        const name = `${row.pipeline}/${row.name}`
        return presentTrigger(row, lastOf.get(name), pause, problems.get(name))
      })
      return { items, paused }
    },

    async listFirings({ projectId }, { limit, ...filter }) {
      // One row more than asked for tells whether there is another page.
      const rows = await firingsStore(db).listFirings(projectId, filter, limit + 1)
      const { items, nextCursor } = pageOf(rows, limit, ({ id }) => id)
      return { items: items.map(presentFiring), nextCursor }
    },

    async pause(caller, target, why) {
      await find(caller, target)
      const pause = { paused_by: caller.userName, paused_why: why, paused_at: now() }
      await change(caller, target, { action: 'pause', why }, (tx, key) => triggersStore(tx).savePause(key, pause))
      return present(await find(caller, target))
    },

    async resume(caller, target, why) {
      await find(caller, target)
      const none = { paused_by: null, paused_why: null, paused_at: null }
      await change(caller, target, { action: 'resume', why }, (tx, key) => triggersStore(tx).savePause(key, none))
      return present(await find(caller, target))
    },

    async pauseAll(caller, why) {
      refuseStep(caller)
      const { projectId, userName: actor } = caller
      await db.transaction().execute(async (tx) => {
        const pause = { paused_by: actor, paused_why: why, paused_at: now() }
        await triggersStore(tx).pauseProject({ project_id: projectId, ...pause })
        await audit(tx, { projectId, actor, action: 'pipelines.pause_triggers', subject: projectId, reason: why })
      })
      return projectPause(projectId)
    },

    async resumeAll(caller, why) {
      refuseStep(caller)
      const { projectId, userName: actor } = caller
      await db.transaction().execute(async (tx) => {
        await triggersStore(tx).resumeProject(projectId)
        await audit(tx, { projectId, actor, action: 'pipelines.resume_triggers', subject: projectId, reason: why })
      })
      return projectPause(projectId)
    },

    async remove(caller, target) {
      const removed = await present(await find(caller, target))
      await change(caller, target, { action: 'delete' }, async (tx, key) => {
        for (const firing of await firingsStore(tx).pendingOf(key)) {
          await skipWaiting(tx, key, firing, 'The trigger was deleted.')
        }
        await triggersStore(tx).removeTrigger(key)
      })
      return removed
    },

    async test(caller, target) {
      const trigger = await find(caller, target)
      return dryRun(deps, trigger, await newestVersion(db, trigger))
    },

    receive: ({ project, ...target }, delivery) => receiveHook(deps, keyOf(project, target), delivery),

    subscriptions: triggerSubscriptions(deps, () => lookAtWaiting(deps)),
    jobs: [triggerAlarm(deps), ...watchJobs(deps)],
  }
}

interface Decision {
  readonly action: 'pause' | 'resume' | 'delete'
  readonly why?: string
}

const keyOf = (projectId: string, { pipeline, trigger }: Target): TriggerKey => ({
  project_id: projectId,
  pipeline,
  name: trigger,
})

async function newestVersion(db: Db, { project_id: projectId, pipeline }: TriggerRow): Promise<VersionRow> {
  const version = await pipelinesStore(db).newestVersion(projectId, pipeline)
  if (!version) throw fail('pipelines.not_found', { pipeline })
  return version
}
