import type { ModelVersion, Rollout } from '@evenkeel/contract'
import type { Dialect, EventType, OutEvent } from '../dialect.ts'
import { uuidOf } from '../naming.ts'
import { datasetType, symlinks, versionFacet, versionLink } from './dataset.ts'
import { type TestResult, tests } from './decision.ts'
import { type ArtifactUri, modelPart } from './model.ts'
import { jobType } from './pipeline.ts'
import { errorMessage } from './run.ts'

const endOf: Partial<Record<Rollout['state'], EventType>> = {
  succeeded: 'COMPLETE',
  rolled_back: 'FAIL',
  failed: 'FAIL',
  declined: 'ABORT',
}

const statusOf = { not_worse: 'pass', worse: 'fail', not_enough_data: 'skip' } as const

/** A version is rolled out to a service: its beginning, and its end where it has ended. */
export function rolloutEvents(
  dialect: Dialect,
  projectId: string,
  rollout: Rollout,
  found: ModelVersion,
  uriOf: ArtifactUri,
): OutEvent[] {
  const { id, endpoint, state, says, analysis, startedAt, endedAt } = rollout
  const runId = uuidOf(`${projectId}/rollout/${id}`)
  const job = { ...dialect.naming.job(projectId, `deploy.${endpoint}`), facets: jobType(dialect, 'DEPLOYMENT') }
  const inputs = [modelPart(dialect, projectId, found, uriOf)]
  const start = dialect.runEvent({
    eventType: 'START',
    eventTime: startedAt,
    run: { runId, facets: {} },
    job,
    inputs,
    outputs: [],
  })
  const type = endOf[state]
  if (!type) return [start]
  const end = dialect.runEvent({
    eventType: type,
    eventTime: endedAt ?? startedAt,
    run: {
      runId,
      facets: {
        ...(type === 'FAIL' && { errorMessage: errorMessage(dialect, says) }),
        ...(analysis.length > 0 && { test: tests(dialect, analysis.map(testOf)) }),
      },
    },
    job,
    inputs,
    outputs: type === 'COMPLETE' ? [service(dialect, projectId, rollout)] : [],
  })
  return [start, end]
}

function service(dialect: Dialect, projectId: string, { id, endpoint, toVersion }: Rollout) {
  const namespace = dialect.naming.namespace(projectId)
  return {
    ...dialect.naming.service(projectId, endpoint),
    facets: {
      version: versionFacet(dialect, id),
      datasetType: datasetType(dialect, 'SERVICE'),
      symlinks: symlinks(dialect, [{ namespace, name: `${endpoint} (version ${toVersion})`, type: versionLink }]),
    },
  }
}

const testOf = ({ name, verdict, decides, says, baseline, canary }: Rollout['analysis'][number]): TestResult => ({
  name,
  status: statusOf[verdict],
  severity: decides ? 'error' : 'warn',
  type: 'canary',
  description: says,
  expected: baseline,
  actual: canary,
})
