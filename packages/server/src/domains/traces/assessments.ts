import { type Assessment, type AssessmentChange, type NewAssessment, tracesErrors } from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import type { Caller } from '../../platform/auth.ts'
import { type Db, json } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { assessmentStore } from './assessment-store.ts'
import type { TracesDeps } from './deps.ts'
import { keptTexts, limits, most, requireLength } from './limits.ts'
import { type AssessmentItem, traceStore } from './trace-store.ts'

const fail = failures(tracesErrors)

/** What people, judges and programs think of a trace. */
export function createAssessments({ db, now }: Pick<TracesDeps, 'db' | 'now'>) {
  /** Runs `work` with the trace locked. */
  const locked = <T>({ projectId }: Caller, traceId: string, work: (tx: Db, number: number) => Promise<T>) =>
    db.transaction().execute(async (tx) => {
      const row = await traceStore(tx).lock({ projectId, traceId })
      if (!row) throw traceNotFound(traceId)
      return work(tx, row.trace_number)
    })

  async function read(tx: Db, traceId: string, number: number, id: string): Promise<Assessment> {
    const found = await assessmentStore(tx).find(number, id)
    if (!found) throw notFound(traceId, id)
    return presentAssessment(traceId, found)
  }

  return {
    /** @throws DomainError `traces.trace_not_found`, `traces.assessment_not_found` for what it would override, `traces.bad_value` */
    create: (caller: Caller, traceId: string, assessment: NewAssessment): Promise<Assessment> =>
      locked(caller, traceId, async (tx, number) => {
        const store = assessmentStore(tx)
        const { overrides } = assessment
        if (overrides !== null && !(await store.change(number, overrides, { is_valid: false }))) {
          throw notFound(traceId, overrides)
        }
        const id = await addAssessment(tx, number, assessment, now())
        return read(tx, traceId, number, id)
      }),

    async get({ projectId }: Caller, traceId: string, id: string): Promise<Assessment> {
      const [trace] = await traceStore(db).find(projectId, [traceId])
      if (!trace) throw traceNotFound(traceId)
      return read(db, traceId, trace.trace_number, id)
    },

    /** @throws DomainError `traces.bad_value` for a value of another kind */
    update: (caller: Caller, traceId: string, id: string, change: AssessmentChange): Promise<Assessment> =>
      locked(caller, traceId, async (tx, number) => {
        const { kind, metadata } = await read(tx, traceId, number, id)
        const { name, rationale, value, isValid } = change
        if (name !== undefined) requireLength('Assessment name', name, limits.key)
        if (value && value.kind !== kind) {
          const why = `Cannot update ${value.kind} value on an assessment that is ${kind}.`
          throw fail('traces.bad_value', { field: value.kind }, { why })
        }
        requireSize(value?.value ?? '', rationale ?? '')
        await assessmentStore(tx).change(number, id, {
          updated_ms: now().getTime(),
          ...(name !== undefined && { name }),
          ...(rationale !== undefined && { rationale }),
          ...(isValid !== undefined && { is_valid: isValid }),
          ...(change.metadata && { metadata: json(keptTexts('metadata', { ...metadata, ...change.metadata })) }),
          ...(value && { value: value.value, error: value.error && json(value.error) }),
        })
        return read(tx, traceId, number, id)
      }),

    /** Does nothing when there is none. What it overrode counts again. */
    delete: (caller: Caller, traceId: string, id: string): Promise<void> =>
      locked(caller, traceId, async (tx, number) => {
        const store = assessmentStore(tx)
        const overrides = (await store.find(number, id))?.overrides
        if (overrides) await store.change(number, overrides, { is_valid: true })
        await store.delete(number, id)
      }),
  }
}

/** Adds one to a locked trace. @returns its id */
export async function addAssessment(
  tx: Db,
  traceNumber: number,
  assessment: NewAssessment,
  now: Date,
): Promise<string> {
  const store = assessmentStore(tx)
  const id = assessment.id ?? `a-${randomUUID().replaceAll('-', '')}`
  requireLength('Assessment id', id, limits.key)
  requireLength('Assessment name', assessment.name, limits.key)
  requireLength('Source id', assessment.sourceId || 'default', limits.key)
  requireSize(assessment.value, assessment.rationale ?? '')
  if ((await store.count(traceNumber)) >= most.assessments) {
    const why = `The trace has ${most.assessments} assessments already.`
    throw fail('traces.too_large', { limit: most.assessments }, { why })
  }
  await store.put({
    trace_number: traceNumber,
    assessment_id: id,
    name: assessment.name,
    kind: assessment.kind,
    source_type: assessment.sourceType,
    source_id: assessment.sourceId || 'default',
    value: assessment.value,
    error: assessment.error && json(assessment.error),
    rationale: assessment.rationale,
    metadata: json(keptTexts('metadata', assessment.metadata)),
    span_id: assessment.spanId,
    overrides: assessment.overrides,
    is_valid: true,
    created_ms: assessment.createdMs ?? now.getTime(),
    updated_ms: assessment.updatedMs ?? now.getTime(),
  })
  return id
}

function requireSize(...texts: readonly string[]): void {
  if (texts.every(({ length }) => length <= limits.assessment)) return
  const why = `A value or rationale of an assessment has ${limits.assessment} characters at most.`
  throw fail('traces.bad_value', { field: 'assessment' }, { why })
}

export const traceNotFound = (id: string) =>
  fail('traces.trace_not_found', { trace: id }, { why: `Trace with ID '${id}' not found.` })

const notFound = (traceId: string, id: string) =>
  fail(
    'traces.assessment_not_found',
    { trace: traceId, assessment: id },
    { why: `Assessment with ID '${id}' not found for trace '${traceId}'` },
  )

export const presentAssessment = (traceId: string, row: AssessmentItem): Assessment => ({
  id: row.id,
  traceId,
  name: row.name,
  kind: row.kind,
  value: row.value,
  error: row.error,
  sourceType: row.source_type,
  sourceId: row.source_id,
  rationale: row.rationale,
  metadata: row.metadata,
  spanId: row.span_id,
  overrides: row.overrides,
  isValid: row.is_valid,
  createdMs: row.created_ms,
  updatedMs: row.updated_ms,
})
