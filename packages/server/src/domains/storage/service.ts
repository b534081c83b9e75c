import { type Collection, type CollectionCounts, storageErrors } from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { audit } from '../../platform/audit.ts'
import { type Caller, localCaller } from '../../platform/auth.ts'
import { failures } from '../../platform/errors.ts'
import { defineQueue, enqueue, periodic, worker } from '../../platform/jobs.ts'
import { lastNight } from '../../platform/last-night.ts'
import { highestPosition, type Page, type PageRequest, pageOf, positionOf } from '../../platform/page.ts'
import { createCollector, nothingCounted } from './collector.ts'
import type { StorageDeps } from './deps.ts'
import { type CollectionRow, storageStore } from './store.ts'

const fail = failures(storageErrors)

/** Listing a store of millions takes its time. */
const collectQueue = defineQueue('storage.collect', z.object({ id: z.string() }), {
  policy: 'short',
  expireInSeconds: 86_400,
})

interface Wish {
  readonly dryRun: boolean
  readonly graceHours?: number | undefined
}

export type Storage = ReturnType<typeof createStorage>

/** Deletes stored content that nobody needs: when asked, and every night. */
export function createStorage(deps: StorageDeps) {
  const { db, now, log, collecting } = deps
  const store = storageStore(db)
  const collector = createCollector(deps)

  /** @throws DomainError `storage.collecting` */
  async function collect({ projectId, userName }: Caller, { dryRun, graceHours }: Wish): Promise<Collection> {
    const id = randomUUID()
    const row = {
      id,
      project_id: projectId,
      dry_run: dryRun,
      grace_seconds: Math.round((graceHours ?? collecting.graceHours) * 3600),
      started_by: userName,
      created_at: now(),
      counts: nothingCounted,
    }
    const added = await db.transaction().execute(async (tx) => {
      if (!(await storageStore(tx).add(row))) return false
      await enqueue(tx, collectQueue, { id }, { singletonKey: id })
      return true
    })
    if (!added) throw fail('storage.collecting', { collection: (await store.open())?.id ?? 'just ended' })
    return present(await find(id))
  }

  async function find(id: string): Promise<CollectionRow> {
    const row = await store.find(id)
    if (!row) throw fail('storage.collection_not_found', { collection: id })
    return row
  }

  /** What fails is told, and tried again the next night. */
  async function work(id: string): Promise<void> {
    const row = await store.find(id)
    if (!row || row.ended_at !== null) return
    try {
      const since = new Date(row.created_at.getTime() - row.grace_seconds * 1000)
      const counts = await collector({
        dryRun: row.dry_run,
        since,
        report: (phase, so) => store.change(id, { state: 'running', phase, counts: so }),
      })
      if (counts) await end(row, counts)
    } catch (error) {
      log.error({ err: error, collection: id }, 'garbage was not collected to the end; what is needed is all there')
      const reason = error instanceof Error ? error.message : String(error)
      await store.change(id, { state: 'failed', phase: null, ended_at: now(), reason })
    }
  }

  const end = (row: CollectionRow, counts: CollectionCounts): Promise<void> =>
    db.transaction().execute(async (tx) => {
      await storageStore(tx).change(row.id, { state: 'succeeded', phase: null, ended_at: now(), counts })
      if (row.dry_run) return
      const { freed, unfinished } = counts
      const after = { freed, unfinished, graceSeconds: row.grace_seconds }
      const { project_id: projectId, started_by: actor, id: subject } = row
      await audit(tx, { projectId, actor, action: 'storage.collect', subject, after })
    })

  /** Takes up what a server left when it died, and begins the nightly one. */
  async function tick(): Promise<void> {
    const open = await store.open()
    if (open) return void (await enqueue(db, collectQueue, { id: open.id }, { singletonKey: open.id }))
    if (!collecting.nightly) return
    const last = await store.lastAt()
    if (last === null || last < lastNight(now()))
      await collect({ ...localCaller, userName: 'system' }, { dryRun: false })
  }

  return {
    collect,

    /** @throws DomainError `storage.collection_not_found` */
    get: async (id: string): Promise<Collection> => present(await find(id)),

    async list({ limit, cursor }: PageRequest): Promise<Page<Collection>> {
      const before = cursor === undefined ? highestPosition : positionOf(cursor)
      const rows = await store.list(before, limit + 1)
      const page = pageOf(rows, limit, ({ position }) => position)
      return { ...page, items: page.items.map(present) }
    },

    jobs: [worker(collectQueue, ({ id }) => work(id)), periodic('storage.tick', 300, tick)],
  }
}

const present = ({ counts, ...row }: CollectionRow): Collection => ({
  id: row.id,
  state: row.state,
  phase: row.phase,
  dryRun: row.dry_run,
  graceHours: row.grace_seconds / 3600,
  startedBy: row.started_by,
  createdAt: row.created_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
  ...(counts as CollectionCounts),
  reason: row.reason,
})
