import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import type { SpanFacts } from './span-facts.ts'
import type { Amounts } from './usage.ts'

interface CountedRow {
  readonly span_id: string
  readonly parent_id: string | null
  readonly usage: Amounts | null
  readonly cost: Amounts | null
}

/** Every query on spans. Whoever writes has locked their trace. */
export function spanStore(db: Db) {
  return {
    /**
     * Writes spans; one that was sent before is what it is sent as now.
     *
     * @param spans - each with the number of its trace, none twice
     * @returns how many were there before, and their bytes, by trace
     */
    async put(spans: readonly (SpanFacts & { traceNumber: number; sizeBytes: number })[]) {
      const keys = sql`unnest(${spans.map(({ traceNumber }) => traceNumber)}::bigint[],
        ${spans.map(({ spanId }) => spanId)}::text[])`
      const { rows } = await sql<{ trace_number: number; count: number; bytes: number }>`
        with gone as (
          delete from traces.span s using ${keys} as sent (trace_number, span_id)
          where s.trace_number = sent.trace_number and s.span_id = sent.span_id
          returning s.trace_number, s.size_bytes
        )
        select trace_number, count(*)::int as count, sum(size_bytes)::bigint as bytes from gone group by 1`.execute(db)
      const jsonOf = (value: unknown) => (value === null ? null : JSON.stringify(value))
      await sql`
        insert into traces.span (trace_number, span_id, parent_id, name, type, status, started_ns, body, size_bytes,
          usage, cost)
        select * from unnest(
          ${spans.map(({ traceNumber }) => traceNumber)}::bigint[], ${spans.map(({ spanId }) => spanId)}::text[],
          ${spans.map(({ parentId }) => parentId)}::text[], ${spans.map(({ name }) => name)}::text[],
          ${spans.map(({ type }) => type)}::text[], ${spans.map(({ status }) => status)}::text[],
          ${spans.map(({ startedNs }) => String(startedNs))}::bigint[], ${spans.map(({ body }) => body)}::jsonb[],
          ${spans.map(({ sizeBytes }) => sizeBytes)}::int[], ${spans.map(({ usage }) => jsonOf(usage))}::jsonb[],
          ${spans.map(({ cost }) => jsonOf(cost))}::jsonb[])`.execute(db)
      return new Map(rows.map(({ trace_number, count, bytes }) => [trace_number, { count, bytes }]))
    },

    /** What each span of a trace has counted. */
    async counted(traceNumber: number): Promise<CountedRow[]> {
      const { rows } = await sql<CountedRow>`
        select span_id, parent_id, usage, cost from traces.span where trace_number = ${traceNumber}`.execute(db)
      return rows
    },

    /** JSON texts of spans by trace: the root first, then in the order in which they began. */
    async bodies(traceNumbers: readonly number[]): Promise<Map<number, string[]>> {
      const { rows } = await sql<{ trace_number: number; body: string }>`
        select trace_number, body::text as body from traces.span where trace_number = any(${[...traceNumbers]}::bigint[])
        order by trace_number, parent_id is not null, started_ns, span_id`.execute(db)
      const found = new Map<number, string[]>()
      for (const { trace_number, body } of rows) {
        const bodies = found.get(trace_number)
        if (bodies) bodies.push(body)
        else found.set(trace_number, [body])
      }
      return found
    },
  }
}
