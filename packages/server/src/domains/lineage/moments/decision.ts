import type { Approval, ModelVersion } from '@evenkeel/contract'
import type { Dialect, EventType, Facet, OutEvent } from '../dialect.ts'
import { uuidOf } from '../naming.ts'
import { type ArtifactUri, modelPart } from './model.ts'
import { jobType } from './pipeline.ts'

/** One check, as the facet wants it: everything is text, and the status is one of three words. */
export interface TestResult {
  readonly name: string
  readonly status: 'pass' | 'fail' | 'skip'
  readonly severity: 'error' | 'warn'
  readonly type: string
  readonly description?: string
  readonly expected?: string
  readonly actual?: string
}

export const tests = (dialect: Dialect, results: readonly TestResult[]): Facet =>
  dialect.facet('1-0-1', 'TestRunFacet', { tests: results })

interface Decision {
  readonly job: string
  readonly runId: string
  readonly type: EventType
  readonly at: string
  readonly results: readonly TestResult[]
}

function decision(
  dialect: Dialect,
  projectId: string,
  found: ModelVersion,
  uriOf: ArtifactUri,
  said: Decision,
): OutEvent {
  return dialect.runEvent({
    eventType: said.type,
    eventTime: said.at,
    run: { runId: said.runId, facets: said.results.length > 0 ? { test: tests(dialect, said.results) } : {} },
    job: { ...dialect.naming.job(projectId, said.job), facets: jobType(dialect, 'TEST') },
    inputs: [modelPart(dialect, projectId, found, uriOf)],
    outputs: [],
  })
}

/** A gate has decided on a version, by itself or because a person overrode it: the beginning and the end. */
export function gateDecided(dialect: Dialect, projectId: string, found: ModelVersion, uriOf: ArtifactUri): OutEvent[] {
  const { model, version, gate } = found
  if (!gate) return []
  const { override } = gate
  const passed = override !== null || gate.passed
  const at = override?.at ?? gate.decidedAt
  const said = {
    job: `gate.${model}`,
    runId: uuidOf(`${projectId}/gate/${model}/${version}/${override ? 'override' : 'gate'}`),
    at,
  }
  const checks = gate.checks.map(({ name, passed: good, says }): TestResult => ({
    name,
    status: good ? 'pass' : 'fail',
    severity: override ? 'warn' : 'error',
    type: 'gate',
    description: says,
  }))
  const person: TestResult[] = override
    ? [
        {
          name: 'override',
          status: 'pass',
          severity: 'error',
          type: 'override',
          description: override.reason,
          actual: override.by,
        },
      ]
    : []
  const results = [...checks, ...person]
  return [
    decision(dialect, projectId, found, uriOf, { ...said, type: 'START', results: [] }),
    decision(dialect, projectId, found, uriOf, { ...said, type: passed ? 'COMPLETE' : 'FAIL', results }),
  ]
}

const endOfApproval = { approved: 'COMPLETE', rejected: 'FAIL', expired: 'ABORT', withdrawn: 'ABORT' } as const

/** Somebody was asked to let a version in, and what came of it so far. */
export function approvalAsked(
  dialect: Dialect,
  projectId: string,
  approval: Approval,
  found: ModelVersion,
  uriOf: ArtifactUri,
): OutEvent[] {
  const { id, environment, model, state, decidedBy, decidedAt, reason, requestedAt, expiresAt } = approval
  const said = { job: `approve.${model}.${environment}`, runId: uuidOf(`${projectId}/approval/${id}`) }
  const start = decision(dialect, projectId, found, uriOf, { ...said, type: 'START', at: requestedAt, results: [] })
  if (state === 'pending') return [start]
  const result: TestResult = {
    name: 'approval',
    status: state === 'approved' ? 'pass' : state === 'rejected' ? 'fail' : 'skip',
    severity: 'error',
    type: 'approval',
    expected: 'approved',
    actual: decidedBy === null ? state : `${state} by ${decidedBy}`,
    ...(reason !== null && { description: reason }),
  }
  const at = decidedAt ?? expiresAt
  return [
    start,
    decision(dialect, projectId, found, uriOf, { ...said, type: endOfApproval[state], at, results: [result] }),
  ]
}
