import {
  type DatasetVersion,
  type FeatureUpdate,
  type FeatureView,
  type FeatureViewSpec,
  featuresErrors,
  featuresEvents,
} from '@evenkeel/contract'
import { isDeepStrictEqual } from 'node:util'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import { failures } from '../../platform/errors.ts'
import { publish } from '../../platform/events.ts'
import type { Platform } from '../../platform/server.ts'
import { createBell } from './bell.ts'
import { openTiles } from './blocks.ts'
import { type KeysAndTimes, requirePairs } from './checks.ts'
import { hasSameEvents, requireSource, type SourceTables } from './definition.ts'
import { followViews } from './follow.ts'
import { joinSql, type JoinTables, measureNames } from './join-sql.ts'
import { readTiles } from './materialize.ts'
import { type OnlineValues, readOnline } from './online.ts'
import { isoTime, presentView } from './present.ts'
import { channels, featuresStore, type ViewRow } from './store.ts'
import type { EventColumns } from './tiles.ts'
import { addEvents, forgetEvents, lockView, replaceEvents } from './writes.ts'

const fail = failures(featuresErrors)

/** How long a push waits for nodes. */
const nodesTimeoutMs = 3000
/** For an acknowledgement whose notification was lost together with a connection. */
const nodesPollMs = 200

/** What features need from the rest of the server. `app.ts` hands it over. */
export interface FeaturesDeps extends Pick<Platform, 'db' | 'url' | 'queries' | 'blobs'> {
  readonly datasets: SourceTables & {
    /** Accepted versions whose event times touch the span, both ends included. */
    versionsCovering(projectId: string, dataset: string, from: string, until: string): Promise<DatasetVersion[]>
  }
  /** Names of the live nodes that follow a view. */
  readonly nodesFollowing: (projectId: string, view: string) => Promise<readonly string[]>
  readonly now: () => Date
}

export interface PushResult {
  readonly accepted: number
  readonly sequence: number
  readonly watermark: string | null
  readonly nodesWaiting: string[]
}

export type Features = ReturnType<typeof createFeatures>

export function createFeatures({ db, url, queries, blobs, datasets, nodesFollowing, now }: FeaturesDeps) {
  const pushes = createBell(url, channels.pushes)
  const acks = createBell(url, channels.acks)

  async function find(projectId: string, view: string): Promise<ViewRow> {
    const [found] = await featuresStore(db).named(projectId, [view])
    if (!found) throw fail('features.view_not_found', { view })
    return found
  }

  /** The nodes of a view that have not applied everything up to `sequence`, after some patience. */
  async function nodesBehind(projectId: string, view: string, sequence: number): Promise<string[]> {
    const nodes = await nodesFollowing(projectId, view)
    const deadline = performance.now() + nodesTimeoutMs
    const waiter = acks.waiter()
    try {
      for (;;) {
        const current = await featuresStore(db).nodesAt(projectId, view, sequence)
        const behind = nodes.filter((node) => !current.has(node))
        if (behind.length === 0 || performance.now() >= deadline) return behind
        await waiter.next(nodesPollMs)
      }
    } finally {
      waiter.stop()
    }
  }

  return {
    async list({ projectId }: Caller): Promise<FeatureView[]> {
      return (await featuresStore(db).list(projectId)).map(presentView)
    },

    get: async ({ projectId }: Caller, view: string): Promise<FeatureView> => presentView(await find(projectId, view)),

    /** Sets the definition of a view; an unchanged one stays the version that it is. */
    async define({ projectId, userName }: Caller, view: string, spec: FeatureViewSpec): Promise<FeatureView> {
      await requireSource(datasets, projectId, spec)
      return db.transaction().execute(async (tx) => {
        const store = featuresStore(tx)
        const isNew = await store.create(projectId, view)
        const before = isNew ? undefined : await lockView(tx, projectId, view)
        if (before && isDeepStrictEqual(before.spec, spec)) return presentView(before)

        const version = (before?.version ?? 0) + 1
        await store.addVersion(projectId, view, { version, spec, at: now(), by: userName })
        if (before && !hasSameEvents(before.spec, spec)) await forgetEvents(tx, projectId, before)
        await store.ring('pushes')
        await publish(tx, featuresEvents, 'features.view_defined', { projectId, subject: view, view, version })
        const change = { before: before?.spec, after: spec }
        await audit(tx, {
          projectId,
          actor: userName,
          action: 'features.define',
          subject: `${view}@${version}`,
          ...change,
        })
        return presentView(await lockView(tx, projectId, view))
      })
    },

    /** Adds events to the online store. A batch that is there already changes nothing. */
    async push(
      { projectId }: Caller,
      view: string,
      { batchId, wait, ...events }: EventColumns & { batchId: string; wait: 'store' | 'nodes' },
    ): Promise<PushResult> {
      const { watermarkMs, ...pushed } = await db
        .transaction()
        .execute((tx) => addEvents(tx, { projectId, view, batchId }, events, now()))
      const nodesWaiting = wait === 'nodes' ? await nodesBehind(projectId, view, pushed.sequence) : []
      return { ...pushed, watermark: isoTime(watermarkMs), nodesWaiting }
    },

    /**
     * Fills the online store with the events in (from, until] of the dataset. They take the place of what was there for
     * this span, so that doing it again, or after pushes of the same events, counts nothing twice.
     */
    async materialize(
      { projectId, userName }: Caller,
      view: string,
      { from, until }: { from: string; until: string },
    ): Promise<{ eventCount: number; sequence: number; watermark: string | null }> {
      const span = { afterMs: Date.parse(from), untilMs: Date.parse(until) }
      return db.transaction().execute(async (tx) => {
        const found = await lockView(tx, projectId, view)
        const versions = await datasets.versionsCovering(projectId, found.spec.source.dataset, from, until)
        const files = versions.flatMap((version) => version.files)
        const paths = await Promise.all(files.map(({ digest }) => blobs.localPath(digest)))
        const filled = await replaceEvents(
          tx,
          { projectId, view: found, span },
          readTiles(queries, found.spec, paths, span),
          now(),
        )
        const after = { from, until, eventCount: filled.eventCount, versions: versions.map(({ version }) => version) }
        await audit(tx, { projectId, actor: userName, action: 'features.materialize', subject: view, after })
        return { ...filled, watermark: isoTime(filled.watermarkMs) }
      })
    },

    /** The features of each key as of its event time. */
    async readOnline({ projectId }: Caller, view: string, rows: KeysAndTimes): Promise<OnlineValues> {
      requirePairs(rows)
      const { spec } = await find(projectId, view)
      const measures = measureNames(spec)
      return readOnline(openTiles(featuresStore(db), { projectId, view, measures }), spec, rows)
    },

    async joinSql({ projectId }: Caller, view: string, tables: JoinTables) {
      const { version, spec } = await find(projectId, view)
      return { view, version, sql: joinSql(spec, tables) }
    },

    async *follow({ projectId }: Caller, names: readonly string[], signal: AbortSignal): AsyncGenerator<FeatureUpdate> {
      // Who follows will acknowledge: the line is open before a push waits for that.
      const line = acks.waiter(signal)
      try {
        yield* followViews(db, pushes, { projectId, names }, signal)
      } finally {
        line.stop()
      }
    },

    /** Notes what a node has applied, and wakes who waits for it. */
    async acknowledge({ projectId }: Caller, view: string, node: string, sequence: number): Promise<void> {
      const store = featuresStore(db)
      await store.acknowledge(projectId, view, node, sequence)
      await store.ring('acks')
    },
  }
}
