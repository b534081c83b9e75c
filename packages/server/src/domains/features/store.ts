import { FeatureViewSpec, type Tile } from '@evenkeel/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { type Db, json } from '../../platform/db.ts'

export interface ViewRow {
  readonly name: string
  readonly version: number
  readonly spec: FeatureViewSpec
  readonly createdAt: Date
  readonly sequence: number
  readonly watermarkMs: number | null
  readonly eventCount: number
}

export interface PushRow {
  readonly sequence: number
  /** Null when it cannot be told in small. */
  readonly tiles: Tile[] | null
}

export interface BlockRow {
  readonly key: string
  readonly slot: number
  readonly data: Buffer
}

export interface NewBlock extends BlockRow {
  readonly part: number
  readonly eventCount: number
}

export interface SlotRange {
  readonly firstSlot: number
  readonly lastSlot: number
}

/** How many pushes stay readable for nodes that are behind. */
const keptPushCount = 200

/** What wakes others, on every server; see bell.ts. Nodes follow `pushes`; who pushed waits for `acks`. */
export const channels = { pushes: 'evenkeel_features_pushes', acks: 'evenkeel_features_acks' } as const

/** Every query of the domain. A view is named by its project and name. */
export function featuresStore(db: Db) {
  const tables = db.$pickTables<
    'features.view' | 'features.view_version' | 'features.tile_block' | 'features.push' | 'features.ack'
  >()

  const views = () =>
    tables
      .selectFrom('features.view as v')
      .innerJoin('features.view_version as d', (on) =>
        on
          .onRef('d.project_id', '=', 'v.project_id')
          .onRef('d.view', '=', 'v.name')
          .onRef('d.version', '=', 'v.version'),
      )
      .select([
        'v.name',
        'v.version',
        'd.spec',
        'd.created_at as createdAt',
        'v.sequence',
        'v.watermark_ms as watermarkMs',
        'v.event_count as eventCount',
      ])

  return {
    async list(projectId: string): Promise<ViewRow[]> {
      const rows = await views().where('v.project_id', '=', projectId).orderBy('v.name').execute()
      return rows.map(readView)
    },

    async named(projectId: string, names: readonly string[]): Promise<ViewRow[]> {
      if (names.length === 0) return []
      const rows = await views().where('v.project_id', '=', projectId).where('v.name', 'in', names).execute()
      return rows.map(readView)
    },

    /** Reads a view and lets nobody else write to it until the transaction ends. */
    async lock(projectId: string, name: string): Promise<ViewRow | undefined> {
      const row = await views()
        .where('v.project_id', '=', projectId)
        .where('v.name', '=', name)
        .forUpdate('v')
        .executeTakeFirst()
      return row && readView(row)
    },

    /** @returns false when the view is there already, or another transaction has just made it */
    async create(projectId: string, name: string): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await tables
        .insertInto('features.view')
        .values({ project_id: projectId, name, version: 1 })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    async addVersion(
      projectId: string,
      name: string,
      definition: { version: number; spec: FeatureViewSpec; at: Date; by: string },
    ): Promise<void> {
      const { version, spec, at, by } = definition
      await tables
        .insertInto('features.view_version')
        .values({ project_id: projectId, view: name, version, spec: json(spec), created_at: at, created_by: by })
        .execute()
      await tables
        .updateTable('features.view')
        .set({ version })
        .where('project_id', '=', projectId)
        .where('name', '=', name)
        .execute()
    },

    async setState(
      projectId: string,
      name: string,
      state: { sequence: number; watermarkMs: number | null; eventCount: number },
    ): Promise<void> {
      await tables
        .updateTable('features.view')
        .set({ sequence: state.sequence, watermark_ms: state.watermarkMs, event_count: state.eventCount })
        .where('project_id', '=', projectId)
        .where('name', '=', name)
        .execute()
    },

    findPush(
      projectId: string,
      view: string,
      batchId: string,
    ): Promise<{ sequence: number; eventCount: number } | undefined> {
      return tables
        .selectFrom('features.push')
        .select(['sequence', 'event_count as eventCount'])
        .where('project_id', '=', projectId)
        .where('view', '=', view)
        .where('batch_id', '=', batchId)
        .executeTakeFirst()
    },

    async addPush(
      projectId: string,
      view: string,
      push: { sequence: number; batchId: string | null; eventCount: number; tiles: readonly Tile[] | null; at: Date },
    ): Promise<void> {
      await tables
        .insertInto('features.push')
        .values({
          project_id: projectId,
          view,
          sequence: push.sequence,
          batch_id: push.batchId,
          event_count: push.eventCount,
          tiles: push.tiles && json(push.tiles),
          created_at: push.at,
        })
        .execute()
      await tables
        .updateTable('features.push')
        .set({ tiles: null })
        .where('project_id', '=', projectId)
        .where('view', '=', view)
        .where('sequence', '=', push.sequence - keptPushCount)
        .execute()
    },

    async pushesAfter(projectId: string, view: string, sequence: number): Promise<PushRow[]> {
      const rows = await tables
        .selectFrom('features.push')
        .select(['sequence', 'tiles'])
        .where('project_id', '=', projectId)
        .where('view', '=', view)
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .execute()
      return rows.map((row) => ({ sequence: row.sequence, tiles: row.tiles as Tile[] | null }))
    },

    /** The blocks of these keys, each in its own range of slots, by key and slot. */
    async blocksOf(
      projectId: string,
      view: string,
      ranges: readonly (SlotRange & { readonly key: string })[],
    ): Promise<BlockRow[]> {
      const { rows } = await sql<BlockRow>`
        select b.key, b.slot, b.data
        from unnest(
          ${ranges.map(({ key }) => key)}::text[],
          ${ranges.map(({ firstSlot }) => firstSlot)}::int[],
          ${ranges.map(({ lastSlot }) => lastSlot)}::int[]
        ) as wanted (key, first_slot, last_slot)
        cross join lateral (
          select key, slot, part, data from features.tile_block
          where project_id = ${projectId} and view = ${view} and key = wanted.key
            and slot between wanted.first_slot and wanted.last_slot
          -- Keeps the planner at one index look-up per range, also before it knows how large the table is.
          offset 0
        ) b
        order by b.key, b.slot, b.part`.execute(db)
      return rows
    },

    /** The blocks of every key between two slots, both included, by key and slot. */
    blocksBetween(projectId: string, view: string, { firstSlot, lastSlot }: SlotRange): Promise<BlockRow[]> {
      return tables
        .selectFrom('features.tile_block')
        .select(['key', 'slot', 'data'])
        .where('project_id', '=', projectId)
        .where('view', '=', view)
        .where('slot', '>=', firstSlot)
        .where('slot', '<=', lastSlot)
        .orderBy('key')
        .orderBy('slot')
        .orderBy('part')
        .execute()
    },

    /** Adds to each block, or makes it. */
    async appendBlocks(projectId: string, view: string, blocks: readonly NewBlock[]): Promise<void> {
      // One parameter for the bytes of all: a single buffer travels as it is, an array of them as text.
      await sql`
        insert into features.tile_block as present (project_id, view, key, slot, part, event_count, data)
        select ${projectId}, ${view}, key, slot, part, event_count,
          substring(${Buffer.concat(blocks.map(({ data }) => data))}::bytea from start + 1 for length)
        from unnest(
          ${blocks.map(({ key }) => key)}::text[],
          ${blocks.map(({ slot }) => slot)}::int[],
          ${blocks.map(({ part }) => part)}::bigint[],
          ${blocks.map(({ eventCount }) => eventCount)}::bigint[],
          ${starts(blocks)}::int[],
          ${blocks.map(({ data }) => data.length)}::int[]
        ) as block (key, slot, part, event_count, start, length)
        on conflict (project_id, view, key, slot, part)
        do update set event_count = present.event_count + excluded.event_count, data = present.data || excluded.data`.execute(
        db,
      )
    },

    async deleteBlocks(projectId: string, view: string, { firstSlot, lastSlot }: SlotRange): Promise<void> {
      await tables
        .deleteFrom('features.tile_block')
        .where('project_id', '=', projectId)
        .where('view', '=', view)
        .where('slot', '>=', firstSlot)
        .where('slot', '<=', lastSlot)
        .execute()
    },

    async deleteAllBlocks(projectId: string, view: string): Promise<void> {
      await tables
        .deleteFrom('features.tile_block')
        .where('project_id', '=', projectId)
        .where('view', '=', view)
        .execute()
    },

    async countEvents(projectId: string, view: string): Promise<number> {
      const { rows } = await sql<{ count: number }>`
        select coalesce(sum(event_count), 0)::bigint as count
        from features.tile_block where project_id = ${projectId} and view = ${view}`.execute(db)
      return rows[0]!.count
    },

    /** An older acknowledgement that comes late changes nothing, nor does one for a view that is not there. */
    async acknowledge(projectId: string, view: string, node: string, sequence: number): Promise<void> {
      await sql`
        insert into features.ack (project_id, view, node, sequence)
        select project_id, name, ${node}, ${sequence}::bigint
        from features.view where project_id = ${projectId} and name = ${view}
        on conflict (project_id, view, node)
        do update set sequence = greatest(ack.sequence, excluded.sequence)`.execute(db)
    },

    /** The nodes that have applied everything up to `sequence`. */
    async nodesAt(projectId: string, view: string, sequence: number): Promise<ReadonlySet<string>> {
      const rows = await tables
        .selectFrom('features.ack')
        .select('node')
        .where('project_id', '=', projectId)
        .where('view', '=', view)
        .where('sequence', '>=', sequence)
        .execute()
      return new Set(rows.map(({ node }) => node))
    },

    /** Wakes who waits, after the commit. */
    async ring(channel: keyof typeof channels): Promise<void> {
      await sql`select pg_notify(${channels[channel]}, '')`.execute(db)
    },
  }
}

/** Where each block starts in the concatenation of all. */
function starts(blocks: readonly NewBlock[]): number[] {
  let next = 0
  return blocks.map(({ data }) => {
    const start = next
    next += data.length
    return start
  })
}

type FeaturesStore = ReturnType<typeof featuresStore>
export type { FeaturesStore }

const readView = ({ spec, ...row }: Omit<ViewRow, 'spec'> & { readonly spec: unknown }): ViewRow => ({
  ...row,
  spec: z.parse(FeatureViewSpec, spec),
})
