import { type Insertable, sql, type Updateable } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'
import type { AssessmentItem } from './trace-store.ts'

type Row = Database['traces.assessment']

const columns = [
  'assessment_id as id',
  'name',
  'kind',
  'source_type',
  'source_id',
  'error',
  'rationale',
  'metadata',
  'span_id',
  'overrides',
  'is_valid',
  'created_ms',
  'updated_ms',
] as const

/** Every query on assessments of one trace. Whoever writes has locked the trace. */
export function assessmentStore(db: Db) {
  const tables = db.$pickTables<'traces.assessment'>()

  return {
    async count(traceNumber: number): Promise<number> {
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from traces.assessment where trace_number = ${traceNumber}`.execute(db)
      return rows[0]!.count
    },

    /** One that was sent before is what it is sent as now. */
    async put(assessment: Insertable<Row>): Promise<void> {
      const { trace_number: _number, assessment_id: _id, created_ms: _created, ...said } = assessment
      await tables
        .insertInto('traces.assessment')
        .values(assessment)
        .onConflict((conflict) => conflict.columns(['trace_number', 'assessment_id']).doUpdateSet(said))
        .execute()
    },

    find: (traceNumber: number, id: string): Promise<AssessmentItem | undefined> =>
      tables
        .selectFrom('traces.assessment')
        .select([...columns, sql<string>`value::text`.as('value')])
        .where('trace_number', '=', traceNumber)
        .where('assessment_id', '=', id)
        .executeTakeFirst() as Promise<AssessmentItem | undefined>,

    /** @returns whether it was there */
    async change(traceNumber: number, id: string, change: Updateable<Row>): Promise<boolean> {
      const { numUpdatedRows } = await tables
        .updateTable('traces.assessment')
        .set(change)
        .where('trace_number', '=', traceNumber)
        .where('assessment_id', '=', id)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async delete(traceNumber: number, id: string): Promise<void> {
      await tables
        .deleteFrom('traces.assessment')
        .where('trace_number', '=', traceNumber)
        .where('assessment_id', '=', id)
        .execute()
    },
  }
}
