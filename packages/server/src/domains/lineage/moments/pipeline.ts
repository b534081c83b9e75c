import { isCommit, type PipelineVersion } from '@evenkeel/contract'
import { type Dialect, type Facets, type OutEvent, present } from '../dialect.ts'

/** Where the code of pipelines can be looked at; null when nobody has said. */
export type Repository = string | null

/** A version of a pipeline was written. */
export function pipelineRegistered(
  dialect: Dialect,
  projectId: string,
  pipeline: string,
  { spec, createdAt, createdBy }: PipelineVersion,
  repository: Repository,
): OutEvent {
  const facets = present({
    jobType: jobType(dialect, 'DAG').jobType,
    documentation: spec.description
      ? dialect.facet('1-1-0', 'DocumentationJobFacet', { description: spec.description, contentType: 'text/plain' })
      : undefined,
    ownership: dialect.facet('1-0-1', 'OwnershipJobFacet', {
      owners: [{ name: `user:${createdBy}`, type: 'MAINTAINER' }],
    }),
    ...sourceCode(dialect, spec.commit, repository),
  })
  return dialect.jobEvent({ eventTime: createdAt, job: { ...dialect.naming.job(projectId, pipeline), facets } })
}

/** @param type - of the job: `DAG` is a pipeline, `TASK` a step */
export const jobType = (dialect: Dialect, type: 'DAG' | 'TASK' | 'TRAINING' | 'TEST' | 'DEPLOYMENT') => ({
  jobType: dialect.facet('2-0-4', 'JobTypeJobFacet', {
    processingType: 'BATCH',
    integration: 'EVENKEEL',
    jobType: type,
  }),
})

/** Only where both are known: the facet needs an address that leads somewhere. */
export function sourceCode(dialect: Dialect, commit: string | undefined, repository: Repository): Facets {
  if (!isCommit(commit) || repository === null) return {}
  const url = `${repository.replace(/\/$/, '')}/tree/${encodeURIComponent(commit)}`
  const facet = dialect.facet('1-1-0', 'SourceCodeLocationJobFacet', {
    type: 'git',
    url,
    repoUrl: repository,
    version: commit,
  })
  return { sourceCodeLocation: facet }
}
