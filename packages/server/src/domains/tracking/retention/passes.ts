import { type RetentionPass, trackingErrors } from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type Caller, localCaller } from '../../../platform/auth.ts'
import { failures } from '../../../platform/errors.ts'
import { exclusively } from '../../../platform/exclusive.ts'
import { defineQueue, enqueue, type Job, periodic, worker } from '../../../platform/jobs.ts'
import { lastNight } from '../../../platform/last-night.ts'
import { highestPosition, type Page, type PageRequest, pageOf, positionOf } from '../../../platform/page.ts'
import { agedOf, isOff } from './aged.ts'
import { type ApplyNeeds, applyTo } from './apply.ts'
import { addedLosses, nothingLost } from './losses.ts'
import { type PassRow, passStore, presentPass } from './pass-store.ts'
import { policyStore } from './policy-store.ts'

const fail = failures(trackingErrors)

const passQueue = defineQueue('tracking.retain', z.object({ id: z.string() }), {
  policy: 'short',
  expireInSeconds: 86_400,
})

const experimentPage = 100
/** How long it is told what went. */
const toldMs = 400 * 86_400_000

export type Scope = 'all' | 'default' | number

/** Applies policies: when asked, and every night. What a server leaves when it dies, another takes up. */
export function createPasses(needs: ApplyNeeds) {
  const { db, now } = needs
  const store = passStore(db)

  /** @throws DomainError `tracking.retaining` */
  async function begin({ projectId, userName }: Caller, scope: Scope): Promise<RetentionPass> {
    const id = randomUUID()
    const row = { id, project_id: projectId, scope: String(scope), started_by: userName, created_at: now() }
    const added = await db.transaction().execute(async (tx) => {
      if (!(await passStore(tx).add(row, nothingLost))) return false
      await enqueue(tx, passQueue, { id }, { singletonKey: id })
      return true
    })
    if (!added) throw fail('tracking.retaining', {})
    return presentPass((await store.find(id))!)
  }

  /** Whoever looks for what a dead server left comes by while a live one works, too. */
  async function work(id: string): Promise<void> {
    await exclusively(db, `tracking.retain:${id}`, () => workAlone(id))
  }

  async function workAlone(id: string): Promise<void> {
    const row = await store.find(id)
    if (!row || row.ended_at !== null) return
    try {
      await goOver(row)
      await store.change(id, { state: 'succeeded', ended_at: now() })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      await store.change(id, { state: 'failed', ended_at: now(), reason })
    }
  }

  async function goOver({ id, project_id: projectId, scope: text, started_by: userName, losses }: PassRow) {
    const caller = { ...localCaller, projectId, userName }
    const scope = text === 'all' || text === 'default' ? text : Number(text)
    let sum = addedLosses(nothingLost, losses as object)
    await store.change(id, { state: 'running' })
    const policies = policyStore(db)
    const read = (after: number) => policies.scoped(projectId, scope, { after, limit: experimentPage })
    for (let page = await read(-1); page.length > 0; page = await read(page.at(-1)!.experiment_id)) {
      for (const { experiment_id: experimentId, policy } of page) {
        if (isOff(policy)) continue
        await needs.settle()
        const aged = await agedOf(db, { projectId, experimentId }, policy, now())
        await applyTo(needs, caller, aged, async (more) => {
          sum = addedLosses(sum, more)
          await store.change(id, { losses: sum })
        })
      }
    }
    await needs.traces.sweep()
  }

  async function tick(): Promise<void> {
    for (const { id } of await store.open()) await enqueue(db, passQueue, { id }, { singletonKey: id })
    for (const projectId of await policyStore(db).projects()) {
      const last = await store.lastAt(projectId)
      const isDue = last === null || last < lastNight(now())
      if (isDue) await begin({ ...localCaller, projectId, userName: 'retention' }, 'all').catch(onlyBusy)
    }
    await store.forgetOld(new Date(now().getTime() - toldMs))
  }

  const jobs: readonly Job[] = [worker(passQueue, ({ id }) => work(id)), periodic('tracking.retention_tick', 300, tick)]

  return {
    jobs,
    begin,

    async list({ projectId }: Caller, { limit, cursor }: PageRequest): Promise<Page<RetentionPass>> {
      const before = cursor === undefined ? highestPosition : positionOf(cursor)
      const page = pageOf(await store.list(projectId, before, limit + 1), limit, ({ position }) => position)
      return { ...page, items: page.items.map(presentPass) }
    },

    /** @throws DomainError `tracking.pass_not_found` */
    async get({ projectId }: Caller, id: string): Promise<RetentionPass> {
      const row = await store.find(id)
      if (row?.project_id !== projectId) throw fail('tracking.pass_not_found', { pass: id })
      return presentPass(row)
    },
  }
}

/** One that somebody asked for goes on; the next look begins the one of the night. */
function onlyBusy(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'tracking.retaining')) throw error
}
