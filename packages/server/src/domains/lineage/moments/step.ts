import type { Run, RunStep } from '@evenkeel/contract'
import { type DatasetPart, type Dialect, type EventType, type Facets, type OutEvent, present } from '../dialect.ts'
import { type FindDataset, type InputFacts, type RunFacts, type StepFacts, stepOf } from '../facts.ts'
import { runIdOf, stepRunIdOf } from '../naming.ts'
import { datasetRead, datasetType, versionFacet } from './dataset.ts'
import { jobType, type Repository, sourceCode } from './pipeline.ts'
import { engine, errorMessage } from './run.ts'

/** A moment of one attempt of a step; attempt 0 is a result that was taken over. */
export interface StepMoment {
  readonly step: string
  readonly attempt: number
  readonly type: EventType
  readonly at: string
  /** Which opening of the run it belongs to. */
  readonly runAttempt: number
}

export interface StepContext {
  readonly projectId: string
  readonly facts: RunFacts
  readonly findDataset: FindDataset
  readonly repository: Repository
  /** Names of variables that may be shown. */
  readonly shownVariables: readonly string[]
}

/** A step began or ended, or an earlier result took its place. */
export function stepEvent(dialect: Dialect, context: StepContext, moment: StepMoment): OutEvent {
  const { projectId, facts, repository } = context
  const { run } = facts
  const step = run.steps.find(({ key }) => key === moment.step)!
  const known = stepOf(facts, moment.step)
  const succeeded = moment.type === 'COMPLETE'
  return dialect.runEvent({
    eventType: moment.type,
    eventTime: moment.at,
    run: { runId: stepRunIdOf(run.id, step.key, moment.attempt), facets: runFacets(dialect, context, step, moment) },
    job: {
      ...dialect.naming.job(projectId, `${run.pipeline}.${step.key}`),
      facets: {
        ...jobType(dialect, known.uses === 'train-trees' ? 'TRAINING' : 'TASK'),
        ...sourceCode(dialect, run.commit, repository),
      },
    },
    inputs: known.inputs.flatMap((input) => readBy(dialect, context, input)),
    outputs: succeeded ? writtenBy(dialect, projectId, run, step) : [],
  })
}

function runFacets(
  dialect: Dialect,
  { projectId, facts, shownVariables }: StepContext,
  step: RunStep,
  moment: StepMoment,
): Facets {
  const { run } = facts
  const known = stepOf(facts, step.key)
  const parent = {
    run: { runId: runIdOf(run.id, moment.runAttempt) },
    job: dialect.naming.job(projectId, run.pipeline),
  }
  const reason = step.attempts.find(({ attempt }) => attempt === moment.attempt)?.reason ?? step.reason
  return present({
    parent: dialect.facet('1-2-0', 'ParentRunFacet', { ...parent, root: parent }),
    processing_engine: engine(dialect),
    jobDependencies: step.needs.length > 0 ? dependencies(dialect, projectId, run, step) : undefined,
    environmentVariables: variables(dialect, known, shownVariables),
    errorMessage: moment.type === 'FAIL' ? errorMessage(dialect, reason ?? 'The step has failed.') : undefined,
    evenkeel_cache: step.cache
      ? dialect.ownFacet('EvenkeelCacheRunFacet', { ...step.cache, fromStep: known.reused?.step ?? null })
      : undefined,
  })
}

const dependencies = (dialect: Dialect, projectId: string, run: Run, step: RunStep) =>
  dialect.facet('1-0-1', 'JobDependenciesRunFacet', {
    upstream: step.needs.map((need) => ({
      job: dialect.naming.job(projectId, `${run.pipeline}.${need}`),
      run: { runId: stepRunIdOf(run.id, need, lastAttempt(run, need)) },
      dependency_type: 'DIRECT_INVOCATION',
    })),
    downstream: [],
  })

const lastAttempt = ({ steps }: Run, key: string): number =>
  steps.find((step) => step.key === key)?.attempts.at(-1)?.attempt ?? 0

function variables(dialect: Dialect, { env }: StepFacts, shown: readonly string[]) {
  const environmentVariables = shown.flatMap((name) => (name in env ? [{ name, value: env[name] }] : []))
  if (environmentVariables.length === 0) return undefined
  return dialect.facet('1-0-0', 'EnvironmentVariablesRunFacet', { environmentVariables })
}

function readBy(dialect: Dialect, { projectId, facts, findDataset }: StepContext, input: InputFacts): DatasetPart[] {
  if (input.from === 'dataset') {
    return input.versions.map((pinned) =>
      datasetRead(dialect, projectId, pinned, findDataset(pinned.dataset, pinned.version)),
    )
  }
  return input.steps.flatMap((key) => {
    const source = facts.run.steps.find((step) => step.key === key)
    const left = source?.outputs[input.output]
    return left ? [artifact(dialect, projectId, facts.run, key, input.output, left)] : []
  })
}

const writtenBy = (dialect: Dialect, projectId: string, run: Run, { key, outputs }: RunStep): DatasetPart[] =>
  Object.entries(outputs).map(([output, left]) => ({
    ...artifact(dialect, projectId, run, key, output, left),
    outputFacets: {
      outputStatistics: dialect.facet('1-0-2', 'OutputStatisticsOutputDatasetFacet', {
        size: left.sizeBytes,
        fileCount: 1,
      }),
    },
  }))

/** What a step left; of a result that was taken over, the version is the one that was made then. */
const artifact = (
  dialect: Dialect,
  projectId: string,
  { pipeline }: Run,
  step: string,
  output: string,
  { digest }: { readonly digest: string },
): DatasetPart => ({
  ...dialect.naming.artifact(projectId, pipeline, step, output),
  facets: { version: versionFacet(dialect, digest), datasetType: datasetType(dialect, 'FILE') },
})
