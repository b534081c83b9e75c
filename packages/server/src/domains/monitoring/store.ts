import type { Incident, MonitorSpec, MonitorWindow } from '@evenkeel/contract'
import { type Selectable, sql } from 'kysely'
import { type Database, type Db, json } from '../../platform/db.ts'
import { hasText } from '../../platform/filter-sql.ts'
import type { Judgement } from './evaluate.ts'
import type { EndpointKey } from './record-store.ts'
import { type WindowGrid, windowMs } from './windows.ts'

type Row<T extends keyof Database> = Selectable<Database[T]>

export interface MonitorRow extends Row<'monitoring.monitor'> {
  readonly spec: MonitorSpec
}
export type IncidentRow = Row<'monitoring.incident'>

export interface MonitorKey {
  readonly projectId: string
  readonly monitor: string
}

/** Which monitors; without a limit all that are left. */
export interface MonitorsAsked {
  readonly projectId: string
  /** Part of the name, capitals or not. */
  readonly text?: string | undefined
  /** Only those with a name behind it. */
  readonly after?: string | undefined
  readonly limit?: number
}

/** A window without its content. */
export type WindowRow = Omit<Row<'monitoring.monitor_window'>, 'content' | 'project_id' | 'monitor'>

export type NewIncident = Pick<Incident, 'kind' | 'endpoint' | 'model' | 'state' | 'title' | 'what' | 'why' | 'fix'> &
  Pick<Incident, 'eventTimeStart' | 'eventTimeEnd' | 'resolution'> & { readonly cause: string; readonly at: Date }

/** How an incident stands: open, or resolved with a reason. */
export interface Standing {
  readonly state: Incident['state']
  readonly eventTimeEnd: string | null
  readonly resolution: string | null
}

/** Every query on monitors, windows and incidents. */
export function monitorStore(db: Db) {
  const tables = db.$pickTables<
    'monitoring.monitor' | 'monitoring.monitor_window' | 'monitoring.pending_window' | 'monitoring.incident'
  >()

  const monitors = (projectId: string) =>
    tables.selectFrom('monitoring.monitor').selectAll().where('project_id', '=', projectId).$castTo<MonitorRow>()

  const windows = ({ projectId, monitor }: MonitorKey) =>
    tables.selectFrom('monitoring.monitor_window').where('project_id', '=', projectId).where('monitor', '=', monitor)

  const incidents = (projectId: string) =>
    tables.selectFrom('monitoring.incident').selectAll().where('project_id', '=', projectId)

  return {
    /** By name. */
    listMonitors({ projectId, text, after, limit }: MonitorsAsked): Promise<MonitorRow[]> {
      let query = monitors(projectId).orderBy('name')
      if (text !== undefined) query = query.where(hasText(sql.ref('name'), text))
      if (after !== undefined) query = query.where('name', '>', after)
      if (limit !== undefined) query = query.limit(limit)
      return query.execute()
    },

    monitorsOf: ({ projectId, endpoint }: EndpointKey) =>
      monitors(projectId).where('endpoint', '=', endpoint).orderBy('name').execute(),

    findMonitor: ({ projectId, monitor }: MonitorKey) =>
      monitors(projectId).where('name', '=', monitor).executeTakeFirst(),

    /** Reads a monitor and keeps it locked: one evaluation at a time. Arrivals, whose marks refer to it, do not wait. */
    lockMonitor: ({ projectId, monitor }: MonitorKey) =>
      monitors(projectId).where('name', '=', monitor).forNoKeyUpdate().executeTakeFirst(),

    async putMonitor({ projectId, monitor }: MonitorKey, spec: MonitorSpec): Promise<void> {
      const row = { endpoint: spec.endpoint, spec: json(spec) }
      await tables
        .insertInto('monitoring.monitor')
        .values({ project_id: projectId, name: monitor, ...row })
        .onConflict((conflict) => conflict.columns(['project_id', 'name']).doUpdateSet(row))
        .execute()
    },

    /** Forgets every window of a monitor. */
    async clearWindows({ projectId, monitor }: MonitorKey): Promise<void> {
      for (const table of ['monitoring.monitor_window', 'monitoring.pending_window'] as const) {
        await tables.deleteFrom(table).where('project_id', '=', projectId).where('monitor', '=', monitor).execute()
      }
    },

    /** Marks windows whose answer may have changed. */
    async markWindows({ projectId, monitor }: MonitorKey, startsMs: readonly number[]): Promise<void> {
      if (startsMs.length === 0) return
      await tables
        .insertInto('monitoring.pending_window')
        .values(startsMs.map((ms) => ({ project_id: projectId, monitor, start_at: new Date(ms) })))
        .execute()
    },

    /** Marks every window that holds a record. */
    async markAllWindows({ projectId, monitor }: MonitorKey, endpoint: string, grid: WindowGrid): Promise<void> {
      const originMs = Date.parse(grid.origin)
      const lengthMs = windowMs(grid)
      await sql`
        insert into monitoring.pending_window (project_id, monitor, start_at)
        select distinct ${projectId}, ${monitor}, to_timestamp((${originMs}::bigint
          + floor((extract(epoch from event_time) * 1000 - ${originMs}::bigint) / ${lengthMs}::bigint) * ${lengthMs}::bigint) / 1000)
        from monitoring.prediction
        where project_id = ${projectId} and endpoint = ${endpoint} and event_time >= ${grid.origin}::timestamptz
        `.execute(db)
    },

    /** Takes all marks of the oldest marked window that starts until then. Marks that arrive later stay. */
    async takePending({ projectId, monitor }: MonitorKey, untilMs: number): Promise<Date | undefined> {
      const { rows } = await sql<{ start_at: Date }>`
        delete from monitoring.pending_window
        where project_id = ${projectId} and monitor = ${monitor} and start_at = (
          select min(start_at) from monitoring.pending_window
          where project_id = ${projectId} and monitor = ${monitor} and start_at <= ${timestamp(untilMs)}::timestamptz)
        returning start_at`.execute(db)
      return rows[0]?.start_at
    },

    /** Every monitor of every project. */
    async listKeys(): Promise<MonitorKey[]> {
      return tables.selectFrom('monitoring.monitor').select(['project_id as projectId', 'name as monitor']).execute()
    },

    async putWindow(
      { projectId, monitor }: MonitorKey,
      window: MonitorWindow,
      { model, ...judgement }: Judgement & { readonly model: string | null },
    ): Promise<void> {
      const row = {
        end_at: window.end,
        closed: window.closed,
        model,
        version: window.baselineVersion,
        ...judgement,
        content: json(window),
      }
      await tables
        .insertInto('monitoring.monitor_window')
        .values({ project_id: projectId, monitor, start_at: window.start, ...row })
        .onConflict((conflict) => conflict.columns(['project_id', 'monitor', 'start_at']).doUpdateSet(row))
        .execute()
    },

    /** Every window without its content, ascending. */
    listWindowRows: (key: MonitorKey): Promise<WindowRow[]> =>
      windows(key)
        .select(['start_at', 'end_at', 'closed', 'model', 'version', 'decayed', 'drifted', 'unclean'])
        .orderBy('start_at')
        .execute(),

    /** Newest first, those that start before `before`. */
    async listWindows(key: MonitorKey, limit: number, before: Date | 'infinity'): Promise<MonitorWindow[]> {
      const query = windows(key).select('content').orderBy('start_at', 'desc').limit(limit)
      const rows = await (before === 'infinity' ? query : query.where('start_at', '<', before)).execute()
      return rows.map(contentOf)
    },

    /** The newest closed window of each of these monitors that has one. */
    async latestWindows(projectId: string, names: readonly string[]): Promise<Map<string, MonitorWindow>> {
      const { rows } = await sql<{ monitor: string; content: unknown }>`
        select m.monitor, w.content from unnest(${[...names]}::text[]) as m (monitor)
        cross join lateral (
          select content from monitoring.monitor_window
          where project_id = ${projectId} and monitor = m.monitor and closed
          order by start_at desc limit 1
        ) w`.execute(db)
      return new Map(rows.map((row) => [row.monitor, contentOf(row)]))
    },

    /** The windows that start at these times, ascending. */
    async findWindows(key: MonitorKey, starts: readonly (Date | string)[]): Promise<MonitorWindow[]> {
      if (starts.length === 0) return []
      const rows = await windows(key)
        .select('content')
        .where(
          'start_at',
          'in',
          starts.map((start) => new Date(start)),
        )
        .orderBy('start_at')
        .execute()
      return rows.map(contentOf)
    },

    /** Adds an incident unless its cause has one already. @returns its id when it is new */
    async addIncident({ projectId, monitor }: MonitorKey, incident: NewIncident): Promise<string | undefined> {
      const row = await tables
        .insertInto('monitoring.incident')
        .values({
          project_id: projectId,
          monitor,
          endpoint: incident.endpoint,
          model: incident.model,
          kind: incident.kind,
          cause: incident.cause,
          state: incident.state,
          title: incident.title,
          what: json(incident.what),
          why: json(incident.why),
          fix: json(incident.fix),
          event_time_start: incident.eventTimeStart,
          event_time_end: incident.eventTimeEnd,
          opened_at: incident.at,
          resolved_at: incident.state === 'resolved' ? incident.at : null,
          resolution: incident.resolution,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return row?.id
    },

    async setStanding(id: string, { state, eventTimeEnd, resolution }: Standing, at: Date): Promise<void> {
      await tables
        .updateTable('monitoring.incident')
        .set({ state, event_time_end: eventTimeEnd, resolution, resolved_at: state === 'resolved' ? at : null })
        .where('id', '=', id)
        .execute()
    },

    incidentsOf: ({ projectId, monitor }: MonitorKey): Promise<IncidentRow[]> =>
      incidents(projectId).where('monitor', '=', monitor).orderBy('position').execute(),

    openIncidents: (projectId: string): Promise<IncidentRow[]> =>
      incidents(projectId).where('state', '=', 'open').orderBy('position').execute(),

    findIncident: (projectId: string, id: string): Promise<IncidentRow | undefined> =>
      incidents(projectId).where('id', '=', id).executeTakeFirst(),

    /** Newest first, those with a position below `before`. */
    listIncidents(
      projectId: string,
      filter: { readonly monitor?: string | undefined; readonly state?: Incident['state'] | undefined },
      limit: number,
      before: number,
    ): Promise<IncidentRow[]> {
      let query = incidents(projectId).where('position', '<', before).orderBy('position', 'desc').limit(limit)
      if (filter.monitor !== undefined) query = query.where('monitor', '=', filter.monitor)
      if (filter.state !== undefined) query = query.where('state', '=', filter.state)
      return query.execute()
    },
  }
}

// Written by `putWindow` as a window of the contract.
const contentOf = ({ content }: { content: unknown }): MonitorWindow => content as MonitorWindow

const timestamp = (ms: number) => (Number.isFinite(ms) ? new Date(ms) : ms > 0 ? 'infinity' : '-infinity')
