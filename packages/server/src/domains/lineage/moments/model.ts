import type { ModelVersion } from '@evenkeel/contract'
import { asText, type DatasetPart, type Dialect, type OutEvent } from '../dialect.ts'
import type { FindDataset } from '../facts.ts'
import { nameOfUri } from '../naming.ts'
import { datasetRead, datasetType, symlinks, versionFacet, versionLink } from './dataset.ts'
import { jobType } from './pipeline.ts'
import { engine } from './run.ts'

/** Where the bytes of an artifact can be read. */
export type ArtifactUri = (digest: string) => string

/** A version of a model, as any event names it. */
export function modelPart(dialect: Dialect, projectId: string, found: ModelVersion, uriOf: ArtifactUri): DatasetPart {
  const { model, version, artifact } = found
  const namespace = dialect.naming.namespace(projectId)
  return {
    ...dialect.naming.model(projectId, model),
    facets: {
      version: versionFacet(dialect, String(version)),
      datasetType: datasetType(dialect, 'MODEL'),
      symlinks: symlinks(dialect, [
        { namespace, name: `${model}@${version}`, type: versionLink },
        ...(artifact ? [{ ...nameOfUri(uriOf(artifact.digest)), type: 'FILE' }] : []),
      ]),
    },
  }
}

/**
 * A version was registered: written by the run that made it, as news that may come before or after its end; a fact about a
 * dataset where no run did.
 */
export function modelRegistered(
  dialect: Dialect,
  projectId: string,
  found: ModelVersion,
  {
    uriOf,
    findDataset,
    run,
  }: { uriOf: ArtifactUri; findDataset: FindDataset; run: { runId: string; pipeline: string } | null },
): OutEvent {
  const part = modelPart(dialect, projectId, found, uriOf)
  const dataset = { ...part, facets: { ...part.facets, ...madeOf(dialect, found) } }
  if (run === null) return dialect.datasetEvent({ eventTime: found.createdAt, dataset })
  return dialect.runEvent({
    eventType: 'OTHER',
    eventTime: found.createdAt,
    run: { runId: run.runId, facets: { processing_engine: engine(dialect) } },
    job: { ...dialect.naming.job(projectId, run.pipeline), facets: jobType(dialect, 'DAG') },
    inputs: found.lineage.datasets.map((pinned) => trainedOn(dialect, projectId, pinned, findDataset)),
    outputs: [
      {
        ...dataset,
        ...(found.artifact && {
          outputFacets: {
            outputStatistics: dialect.facet('1-0-2', 'OutputStatisticsOutputDatasetFacet', {
              size: found.artifact.sizeBytes,
              fileCount: 1,
            }),
          },
        }),
      },
    ],
  })
}

function trainedOn(
  dialect: Dialect,
  projectId: string,
  pinned: ModelVersion['lineage']['datasets'][number],
  findDataset: FindDataset,
): DatasetPart {
  const facts = findDataset(pinned.dataset, pinned.version)
  const rowCount = facts?.version.rowCount ?? 0
  return datasetRead(dialect, projectId, { ...pinned, rowCount, files: facts?.version.files ?? [] }, facts)
}

function madeOf(
  dialect: Dialect,
  { model, version, stage, artifact, signature, metrics, params, lineage }: ModelVersion,
) {
  const { runId, pipeline, commit, trainedFrom, trainedUntil, trainingRowCount, environment } = lineage
  const { format, digest } = artifact ?? { format: 'mlflow', digest: null }
  return {
    lifecycleStateChange: dialect.facet('1-0-1', 'LifecycleStateChangeDatasetFacet', {
      lifecycleStateChange: version === 1 ? 'CREATE' : 'ALTER',
    }),
    storage: dialect.facet('1-0-1', 'StorageDatasetFacet', { storageLayer: 'evenkeel', fileFormat: format }),
    evenkeel_model: dialect.ownFacet('EvenkeelModelDatasetFacet', { model, version, stage, format, digest, signature }),
    evenkeel_metrics: dialect.ownFacet('EvenkeelMetricsDatasetFacet', { metrics }),
    evenkeel_trainingRun: dialect.ownFacet('EvenkeelTrainingRunDatasetFacet', {
      runId,
      pipeline,
      commit,
      trainedFrom,
      trainedUntil,
      trainingRowCount,
      environment,
      params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, asText(value)])),
    }),
  }
}
