import type { Run } from '@evenkeel/contract'
import { asText, type Dialect, type EventType, type Facets, type OutEvent, present } from '../dialect.ts'
import { runIdOf } from '../naming.ts'
import { jobType, type Repository, sourceCode } from './pipeline.ts'

/** A moment of a pipeline run; `attempt` counts how often it was opened. */
export interface RunMoment {
  readonly attempt: number
  readonly type: EventType
  readonly at: string
}

/** A run began or ended. */
export function runEvent(
  dialect: Dialect,
  projectId: string,
  run: Run,
  { attempt, type, at }: RunMoment,
  repository: Repository,
): OutEvent {
  return dialect.runEvent({
    eventType: type,
    eventTime: at,
    run: {
      runId: runIdOf(run.id, attempt),
      facets: type === 'START' ? startFacets(dialect, run) : endFacets(dialect, run, type),
    },
    job: {
      ...dialect.naming.job(projectId, run.pipeline),
      facets: { ...jobType(dialect, 'DAG'), ...sourceCode(dialect, run.commit, repository) },
    },
    inputs: [],
    outputs: [],
  })
}

function startFacets(dialect: Dialect, { trigger, params, pipelineVersion, model }: Run): Facets {
  const tags = { pipeline_version: String(pipelineVersion), trigger: trigger.kind, ...(model !== null && { model }) }
  return present({
    processing_engine: engine(dialect),
    evenkeel_trigger: dialect.ownFacet('EvenkeelTriggerRunFacet', { ...trigger }),
    nominalTime: trigger.eventTime
      ? dialect.facet('1-0-1', 'NominalTimeRunFacet', { nominalStartTime: trigger.eventTime })
      : undefined,
    executionParameters: dialect.facet('1-0-0', 'ExecutionParametersRunFacet', {
      parameters: Object.entries(params).map(([key, value]) => ({ key, name: key, value: asText(value) })),
    }),
    tags: dialect.facet('1-0-0', 'TagsRunFacet', {
      tags: Object.entries(tags).map(([key, value]) => ({ key, value, source: 'EVENKEEL' })),
    }),
  })
}

const endFacets = (dialect: Dialect, { reason, state }: Run, type: EventType): Facets =>
  present({
    processing_engine: engine(dialect),
    errorMessage: type === 'FAIL' ? errorMessage(dialect, reason ?? `The run has ${state}.`) : undefined,
  })

/** Who ran it. */
export const engine = (dialect: Dialect) =>
  dialect.facet('1-1-1', 'ProcessingEngineRunFacet', { name: 'evenkeel', version: dialect.version })

export const errorMessage = (dialect: Dialect, message: string) =>
  dialect.facet('1-0-1', 'ErrorMessageRunFacet', { message, programmingLanguage: 'unknown' })
